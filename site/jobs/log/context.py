"""Whose log lines these are: ids that everything logged in a block carries."""

import contextvars
import uuid
from contextlib import contextmanager
from typing import NamedTuple


class Context(NamedTuple):
    """The ids of a line, as far as they are known. `job` is a label (`exports.exportjob:12`), `attempt` its number."""

    request_id: str = ""
    job: str = ""
    attempt: int | None = None
    user: int | None = None
    organization: int | None = None


NOTHING = Context()

_context = contextvars.ContextVar("log_context", default=NOTHING)


def current() -> Context:
    return _context.get()


def new_request_id() -> str:
    return uuid.uuid4().hex


@contextmanager
def following(request_id: str, **ids):
    """Within the block, log lines carry these ids, and no others: the fields of `Context`.

    An exception that leaves the block takes them along: whoever logs it outside still tells whose it was.
    """
    context = Context(request_id, **ids)
    token = _context.set(context)
    try:
        yield
    except BaseException as error:
        if of_error(error) is None:
            error.log_context = _context.get()
        raise
    finally:
        _context.reset(token)


def note(**ids):
    """Add ids that have become known, until the end of the block that is followed. Outside of one it does nothing."""
    context = _context.get()
    if context is not NOTHING:
        _context.set(context._replace(**ids))


def keep(request):
    """Let what is logged of the `request` after the block carry its ids too, as Django does of an error it answers."""
    request.log_context = current()


def of_record(record) -> Context:
    """The ids of a logging.LogRecord: of the block that its exception has left, of the one we are in, or of the request
    that it tells of."""
    kept = of_error(record.exc_info[1]) if record.exc_info else None
    context = kept or current()
    return context if context is not NOTHING else getattr(getattr(record, "request", None), "log_context", NOTHING)


def of_error(error: BaseException | None) -> Context | None:
    """The ids of the block that an exception has left, or None."""
    return getattr(error, "log_context", None)
