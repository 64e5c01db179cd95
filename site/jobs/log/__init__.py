"""Log lines that can be followed through the queue: each carries the ids of what it belongs to.

    a request, a job ──► context: its ids ──► lines: one readable line, or one JSON object ──► standard error
                                                       JSON, always ──► files: DATA_DIR/logs, shared by all processes

The request's id comes from `X-Request-ID` or is made here, is stored on every job that the request causes, and is taken
up again by the worker that runs the job.
"""

from jobs.log.context import Context, current, following, new_request_id, note, of_error, of_record
from jobs.log.files import SharedFileHandler
from jobs.log.lines import JSONFormatter, LineFormatter, clean, encode, mask
from jobs.log.requests import RequestIdMiddleware

__all__ = [
    "Context",
    "JSONFormatter",
    "LineFormatter",
    "RequestIdMiddleware",
    "SharedFileHandler",
    "clean",
    "current",
    "encode",
    "following",
    "mask",
    "new_request_id",
    "note",
    "of_error",
    "of_record",
]
