"""The product's database, read and locked from outside, with the SQLite that the product uses itself."""

from contextlib import closing, contextmanager

from config.sqlite import sqlite3

Error = sqlite3.Error


def connect(path):
    """A connection that only reads."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def rows(connection, query, *values):
    return connection.execute(query, values).fetchall()


@contextmanager
def write_lock(path):
    """Within the block nobody else writes."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def old_snapshot(path):
    """Within the block somebody reads what was: the write-ahead log must grow, and cannot begin again."""
    with closing(connect(path)) as connection:
        connection.isolation_level = None
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM jobs_attempt").fetchall()
        yield


def tables_of_jobs(connection):
    """The tables of all kinds of jobs, by the label that their attempts carry."""
    found = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
        if {"status", "attempt", "run_after", "lease_until", "worker"} <= columns:
            found[table.replace("_", ".", 1)] = table
    return found
