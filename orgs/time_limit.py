"""Ends what a database does for somebody after a time: no request may keep a web thread for long."""

import threading
import time
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, OperationalError, connections, transaction
from django.utils.translation import gettext_lazy as _

#: Seconds that a search may take.
SEARCH_LIMIT = 2
TOO_LONG = _("This search takes too long. Use a shorter or more common text, or more filters.")

#: Seconds until SQLite is interrupted once more: between two statements it takes no notice.
AGAIN = 0.01
#: On PostgreSQL, until the transaction ends.
LIMIT_STATEMENTS = "SELECT set_config('statement_timeout', %s, true)"


class TookTooLong(Exception):
    """The database was stopped, because the time was over."""


@contextmanager
def time_limit(seconds, using=DEFAULT_DB_ALIAS):
    """Within the block, the database `using` has `seconds` for its work. For reading only.

    PostgreSQL gives that time to each statement, SQLite to all together. Raises TookTooLong out of the statement that
    runs when the time is over.
    """
    connection = connections[using]
    deadline = time.monotonic() + seconds
    try:
        with _LIMITS[connection.vendor](connection, seconds):
            yield
    except OperationalError as error:
        if time.monotonic() < deadline:
            raise
        raise TookTooLong from error


@contextmanager
def _sqlite_limit(connection, seconds):
    # A progress handler would not do: it is asked between instructions, and one row's LIKE is a single instruction that
    # may take milliseconds, so that a number of them is no time. https://sqlite.org/c3ref/interrupt.html
    connection.ensure_connection()
    database, done = connection.connection, threading.Event()

    def interrupt():
        pause = seconds
        while not done.wait(pause):
            database.interrupt()
            pause = AGAIN

    watch = threading.Thread(target=interrupt, name="time-limit", daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()
        watch.join()  # whatever runs next is not interrupted


@contextmanager
def _postgresql_limit(connection, seconds):
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        (before,) = cursor.fetchone()
        milliseconds = max(1, int(seconds * 1000))  # 0 would be no limit
        cursor.execute(LIMIT_STATEMENTS, [str(milliseconds)])
        yield
        cursor.execute(LIMIT_STATEMENTS, [before])  # where this is a savepoint, the setting would outlive it


_LIMITS = {"sqlite": _sqlite_limit, "postgresql": _postgresql_limit}
