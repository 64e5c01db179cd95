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
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO
from urllib.parse import unquote_to_bytes

from config.refusals import Refused, refuse

#: Seconds in which a request's body must be here (each STRETCH of it, where it may be larger), and in which a client
#: must take the next piece of a download.
PATIENCE = 60
#: Bytes.
STRETCH = 2 * 1024 * 1024
#: Bytes of a streamed response that are read at once, and sent as one piece.
PIECE = 256 * 1024


class Pages:
    """An ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html) made of a WSGI one (PEP 3333).

    Arguments: `application`, Django's WSGI handler; `threads`, how many pages run at once; `body_limit` in bytes: a
    larger request is refused with 413, before it is read where it tells its size. `large_requests(environ)` may know
    better: it is asked in a thread, before more than that is read, and returns the request's own limit. What is larger
    than `body_limit` stands in a file in `folder` which has no name, so that none is left of a process that is killed.
    Streamed responses are read by changing threads, one at a time: they must not use a database connection, which
    belongs to its thread.
    """

    def __init__(self, application, *, threads, body_limit, large_requests=None, folder=None):
        self.application = application
        self.body_limit = body_limit
        self.large_requests = large_requests
        self.folder = folder
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def __call__(self, scope, receive, send):
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def run(function, *args):
            return loop.run_in_executor(self.pool, context.run, function, *args)

        with tempfile.SpooledTemporaryFile(self.body_limit, dir=self.folder) as body:
            try:
                size = await self._read_body(scope, receive, body, run)
            except Refused as refusal:
                await refuse(scope, send, refusal)
                return
            body.seek(0)
            await self._answer(environ(scope, body, size), run, receive, send)

    async def _answer(self, environ, run, receive, send):
        status, headers, content = await run(self._respond, environ)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if content.is_complete:
            await send({"type": "http.response.body", "body": content.piece})
            return
        try:
            await _send_stream(content, run, receive, send)
        finally:
            await run(content.close)

    async def _read_body(self, scope, receive, body, run) -> int:
        """Write the request's body to the file `body`; returns its size. Raises Refused."""
        headers = dict(scope["headers"])
        announced = int(headers.get(b"content-length", 0))
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return 0
        limit = self.body_limit
        if announced > limit:
            limit = await self._larger_limit(scope, run)
            if announced > limit:
                raise Refused(413, "The request is too large.")
        try:
            async with asyncio.timeout(PATIENCE) as patience:
                size, more = 0, True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        # The client has gone, or its chunks cannot be read; only in the latter case does it hear us.
                        raise Refused(400, "The request's body broke off.")
                    piece = message.get("body", b"")
                    more = message.get("more_body", False)
                    if size // STRETCH < (size + len(piece)) // STRETCH:
                        patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)  # for as much again
                    size += len(piece)
                    if size > limit == self.body_limit:
                        limit = await self._larger_limit(scope, run)
                    if size > limit:
                        raise Refused(413, "The request is too large.")
                    if size > self.body_limit:  # in a file by now
                        await asyncio.to_thread(body.write, piece)
                    else:
                        body.write(piece)
        except TimeoutError as error:
            raise Refused(408, "The request took too long to arrive.") from error
        return size

    async def _larger_limit(self, scope, run):
        """How large this request may be."""
        if not self.large_requests:
            return self.body_limit
        return max(self.body_limit, await run(self.large_requests, environ(scope)))

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


def environ(scope, body: IO[bytes] | None = None, size: int = 0) -> dict:
    """The WSGI environment (PEP 3333) of an ASGI request whose body is the file `body`, of `size` bytes, or empty."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "CONTENT_LENGTH": str(size),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body or io.BytesIO(),
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
