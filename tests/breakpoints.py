"""Keeps whoever writes to an installation's SQLite at a statement, in its transaction, for as long as a test wants."""

import time
from contextlib import closing, contextmanager

from django.db import OperationalError, connection


@contextmanager
def stopped_at(statement, kind):
    """Within the block the newest job of a `kind` does not get beyond the `statement` in its first attempt.

    The statement is as a trigger names it: "INSERT ON a_table WHEN …". Whoever waits there is ended, by a kill, before
    the block is; the next attempt goes on.
    """
    attempt = f"SELECT attempt FROM {kind._meta.db_table} ORDER BY id DESC LIMIT 1"
    _run(
        "CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        f"CREATE TRIGGER stop AFTER {statement} BEGIN "
        f"SELECT CASE WHEN ({attempt}) = 1 THEN (SELECT count(*) FROM endless) END; END",
    )
    try:
        yield
    finally:
        _run("DROP TRIGGER stop", "DROP VIEW endless")


def is_stopped():
    """Whether somebody has held the database's lock longer than a transaction of ours takes, unless the machine is very
    busy: then they may still be on their way."""
    held = 0
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
        while held < 10:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except OperationalError:
                held += 1
                time.sleep(0.05)
            else:
                cursor.execute("ROLLBACK")
                return False
    return True


def _run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
