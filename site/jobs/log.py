"""Log lines that can be followed through the queue: each carries the request's id, and the job's where one runs.

The id comes from `X-Request-ID` or is made here, is stored on every job that the request causes, and is taken up again
by the worker that runs the job.
"""

import contextvars
import logging
import re
import time
import uuid
from contextlib import contextmanager

request_id = contextvars.ContextVar("request_id", default="")
job = contextvars.ContextVar("job", default="")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: What could start a line of its own, steer a terminal, or turn the order of what it shows: C0 and C1 controls, line
#: and paragraph separators, Unicode's controls of direction (UTS #55).
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

#: The addresses of links that let whoever has them act for somebody, by a secret at their end.
SECRET = re.compile(r"(/password/reset/key/|/confirm-email/|/unsubscribe/)[^\s'\"?]+")

logger = logging.getLogger("web")


def new_request_id() -> str:
    return uuid.uuid4().hex


@contextmanager
def following(request: str, job_label: str = ""):
    """Within the block, log lines carry these ids. Arguments: the request's id and the job's label."""
    tokens = request_id.set(request), job.set(job_label)
    try:
        yield
    finally:
        request_id.reset(tokens[0])
        job.reset(tokens[1])


class ContextFilter(logging.Filter):
    """Puts the ids on each record, so that any formatter can show them."""

    def filter(self, record):
        record.request_id = request_id.get()
        record.job = job.get()
        return True


class LineFormatter(logging.Formatter):
    """One readable line an event: `time LEVEL [program] logger: message request_id=… job=…`.

    Control characters are escaped, so that nothing a user wrote can pass for a line of its own (OWASP, "Log
    Injection"), and what in an address is a secret is left out. Only a traceback, which comes last, has several lines,
    all of them indented.
    """

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, prefix: str = ""):
        program = f"[{prefix}] " if prefix else ""
        super().__init__(f"%(asctime)s %(levelname)-7s {program}%(name)s: %(message)s")

    def formatMessage(self, record):
        line = clean(super().formatMessage(record))
        ids = ((name, getattr(record, name, "")) for name in ("request_id", "job"))
        return line + "".join(f" {name}={value}" for name, value in ids if value)

    def formatException(self, exc_info):
        return "\n".join(f"    {clean(line)}" for line in super().formatException(exc_info).split("\n"))


def clean(text: str) -> str:
    return mask(CONTROL.sub(lambda match: repr(match[0])[1:-1], text))


def mask(text: str) -> str:
    """`text`, of as many lines as it likes, without its secrets."""
    return SECRET.sub(r"\1…", text)


class RequestIdMiddleware:
    """Gives each request its id, and logs one line a request, without the query, which may hold secrets."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        given = request.headers.get("X-Request-ID", "")
        request.id = given if REQUEST_ID.fullmatch(given) else new_request_id()
        with following(request.id):
            start = time.perf_counter()
            response = self.get_response(request)
            if request.path != "/up":
                milliseconds = (time.perf_counter() - start) * 1000
                logger.info("%s %s %s %.0fms", request.method, request.path, response.status_code, milliseconds)
        response["X-Request-ID"] = request.id
        return response
