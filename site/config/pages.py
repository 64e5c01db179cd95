"""Django's synchronous pages below an ASGI server: each runs in one of a few threads, and no thread waits for a client.

    read the body on the event loop ──► the page, in a thread ──► send it on the event loop
                                             a streamed response: one piece at a time, each read in a thread

So neither a slow upload nor a slow or abandoned download keeps a thread from other people's pages. A common bridge
(a2wsgi) gives a thread to each request until its last byte is sent: four stalled downloads stop a worker, and one whose
client has gone is read to its end.
"""

import asyncio
import contextvars
import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_to_bytes

from config.headers import RAW_HEADERS

#: Seconds in which a request's body must be here, and in which a client must take the next piece of a download.
PATIENCE = 60
#: Bytes of a streamed response that are read at once, and sent as one piece.
PIECE = 256 * 1024


class Refused(Exception):
    """Raised with the status and the words of the answer."""


class Pages:
    """An ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html) made of a WSGI one (PEP 3333).

    Arguments: `application`, Django's WSGI handler; `threads`, how many pages run at once; `body_limit` in bytes: a
    larger request is refused with 413, before it is read where it tells its size. Streamed responses are read by
    changing threads, one at a time: they must not use a database connection, which belongs to its thread.
    """

    def __init__(self, application, *, threads, body_limit):
        self.application = application
        self.body_limit = body_limit
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def __call__(self, scope, receive, send):
        try:
            body = await self._read_body(scope, receive)
        except Refused as refusal:
            status, words = refusal.args
            await _send_error(send, status, words)
            return
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def run(function, *args):
            return loop.run_in_executor(self.pool, context.run, function, *args)

        status, headers, content = await run(self._respond, environ(scope, body))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if content.is_complete:
            await send({"type": "http.response.body", "body": content.piece})
            return
        try:
            await _send_stream(content, run, receive, send)
        finally:
            await run(content.close)

    async def _read_body(self, scope, receive) -> bytes:
        headers = dict(scope["headers"])
        if int(headers.get(b"content-length", 0)) > self.body_limit:
            raise Refused(413, "The request is too large.")
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return b""
        body = bytearray()
        try:
            async with asyncio.timeout(PATIENCE):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        # The client has gone, or its chunks cannot be read; only in the latter case does it hear us.
                        raise Refused(400, "The request's body broke off.")
                    body += message.get("body", b"")
                    if len(body) > self.body_limit:
                        raise Refused(413, "The request is too large.")
                    more = message.get("more_body", False)
        except TimeoutError as error:
            raise Refused(408, "The request took too long to arrive.") from error
        return bytes(body)

    def _respond(self, environ):
        """Run the page, in a thread. Returns its status, headers and Content."""
        head = []

        def start_response(status, headers, exc_info=None):
            pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            head[:] = int(status[:3]), pairs

        response = self.application(environ, start_response)
        return *head, Content(response, wanted=environ["REQUEST_METHOD"] != "HEAD")


class Content:
    """What a response consists of, by the piece. All its methods belong in a thread.

    The first piece is read at once: most responses are complete with it, and closed.
    """

    def __init__(self, response, *, wanted):
        self.close = response.close
        self.chunks = iter(response if wanted else ())
        self.is_complete = False
        try:
            self.piece = self.read()
        except Exception:
            self.close()
            raise
        if self.is_complete:
            self.close()

    def read(self) -> bytes:
        """The next piece: `PIECE` bytes or somewhat more, fewer only at the end. (Django reads a file by 4 KiB.)"""
        taken, size = [], 0
        for chunk in self.chunks:
            taken.append(chunk)
            size += len(chunk)
            if size >= PIECE:
                break
        else:
            self.is_complete = True
        return b"".join(taken)


async def _send_stream(content, run, receive, send):
    """Send all of `content`, or leave it where the client goes or takes nothing for `PATIENCE` seconds: the server then
    closes the connection before the announced length, or the last chunk, so that no client takes it for the whole."""
    gone = asyncio.create_task(_disconnected(receive))  # the server takes what is sent to a client who has gone
    piece = content.piece
    try:
        while not gone.done():
            try:
                async with asyncio.timeout(PATIENCE):
                    await send({"type": "http.response.body", "body": piece, "more_body": not content.is_complete})
            except TimeoutError:
                return
            if content.is_complete:
                return
            piece = await run(content.read)
    finally:
        gone.cancel()


async def _disconnected(receive):
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_error(send, status, words):
    body = json.dumps({"error": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *RAW_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def environ(scope, body: bytes) -> dict:
    """The WSGI environment (PEP 3333) of an ASGI request whose body is `body`."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # A name with an underscore would read as its twin with a hyphen, and pass for what a proxy has set.
        if name == b"content-length" or b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key != "CONTENT_TYPE":
            key = f"HTTP_{key}"
        value = value.decode("latin-1")
        if key in environ:
            value = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
        environ[key] = value
    return environ
