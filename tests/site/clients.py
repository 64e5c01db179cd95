"""Clients of an ASGI application: slow ones, vanishing ones; and WSGI applications to answer them."""

import asyncio

from config.pages import PIECE, Pages


class Response(list):
    """What a WSGI application returns, which notes whether it was closed."""

    closed = False

    def close(self):
        self.closed = True


class Endless(Response):
    """Goes on until somebody closes it."""

    def __iter__(self):
        while not self.closed:
            yield b"x" * PIECE


def answer(response, status="200 OK", headers=()):
    """A WSGI application whose answer is always this one; `seen` holds the environments of its requests, `bodies` what
    they had."""

    def application(environ, start_response):
        application.seen.append(environ)
        application.bodies.append(environ["wsgi.input"].read())
        start_response(status, list(headers))
        return response

    application.seen, application.bodies = [], []
    return application


class Client:
    """One request. `incoming` are the messages that the server has from the client, each `after` so many seconds; then
    it is silent, unless `leaves_after` that many pieces. `stalls_after` that many pieces it takes no more."""

    def __init__(self, method="GET", path="/", *, incoming=(), headers=(), leaves_after=None, stalls_after=None):
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "raw_path": path.partition("?")[0].encode(),
            "query_string": path.partition("?")[2].encode(),
            "headers": list(headers),
            "client": ("192.0.2.7", 5000),
            "server": ("127.0.0.1", 8000),
        }
        self.incoming = list(incoming)
        self.leaves_after = leaves_after
        self.stalls_after = stalls_after
        self.sent = []

    async def receive(self):
        if self.incoming:
            message = dict(self.incoming.pop(0))
            await asyncio.sleep(message.pop("after", 0))
            return {"type": "http.request", **message}
        while self.leaves_after is None or len(self.bodies) < self.leaves_after:
            await asyncio.sleep(0.001)
        return {"type": "http.disconnect"}

    async def send(self, message):
        if self.stalls_after is not None and len(self.bodies) >= self.stalls_after:
            await asyncio.Event().wait()
        self.sent.append(message)

    @property
    def bodies(self):
        return [message for message in self.sent if message["type"] == "http.response.body"]

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def body(self):
        return b"".join(message["body"] for message in self.bodies)

    @property
    def is_complete(self):
        return bool(self.bodies) and not self.bodies[-1].get("more_body")

    def ask(self, application):
        async def main():
            await application(self.scope, self.receive, self.send)

        asyncio.run(main())
        return self


def bridge(application, threads=1, body_limit=100, **options):
    return Pages(application, threads=threads, body_limit=body_limit, **options)
