"""What the database says of rows that somebody else has just deleted."""

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError

#: https://www.postgresql.org/docs/current/errcodes-appendix.html; SQLite has words only.
FOREIGN_KEY_VIOLATION = "23503"


def is_gone(error: BaseException) -> bool:
    """Whether a row that was asked for, or that another one was to refer to, is not there."""
    if not isinstance(error, IntegrityError):
        return isinstance(error, ObjectDoesNotExist)
    violation = error.__cause__
    return getattr(violation, "sqlstate", None) == FOREIGN_KEY_VIOLATION or "FOREIGN KEY" in str(violation)
