"""A real HTTP server on loopback that takes what is posted to it, and answers as a test tells it to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebhookServer:
    """Answers 200, except as told. A context manager.

    Attributes: `posts`, what was posted, as (path, headers, body in bytes); `answers`, the next statuses, afterwards it
    is 200 again; `location`, where a redirect leads.
    """

    def __init__(self):
        self.reset()

    def reset(self):
        self.posts, self.answers, self.location = [], [], ""

    @property
    def payloads(self):
        return [json.loads(body) for _, _, body in self.posts]

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/hooks/s3cret?token=t0ken"

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def handler(self):
        class Handler(_Handler):
            webhook = self

        return Handler


class _Handler(BaseHTTPRequestHandler):
    webhook: WebhookServer

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.webhook.posts.append((self.path, self.headers, body))
        self.send_response(self.webhook.answers.pop(0) if self.webhook.answers else 200)
        if self.webhook.location:
            self.send_header("Location", self.webhook.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        pass
