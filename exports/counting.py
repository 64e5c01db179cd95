"""Counts rows as long as somebody may be kept waiting."""

import time
from contextlib import contextmanager

from django.db import OperationalError, connections, transaction

#: SQLite's virtual machine asks after so many of its instructions whether to go on: some dozen microseconds.
INSTRUCTIONS = 10_000


def count_within(seconds, queryset):
    """How many rows `queryset` has, or None where the database needs longer. Raises OperationalError."""
    connection = connections[queryset.db]
    deadline = time.monotonic() + seconds
    try:
        with _LIMITS[connection.vendor](connection, seconds):
            return queryset.order_by().count()
    except OperationalError:
        if time.monotonic() < deadline:
            raise
        return None


@contextmanager
def _sqlite_limit(connection, seconds):
    connection.ensure_connection()
    deadline = time.monotonic() + seconds
    connection.connection.set_progress_handler(lambda: time.monotonic() > deadline, INSTRUCTIONS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


@contextmanager
def _postgresql_limit(connection, seconds):
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        milliseconds = max(1, int(seconds * 1000))  # 0 would be no limit
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield


_LIMITS = {"sqlite": _sqlite_limit, "postgresql": _postgresql_limit}
