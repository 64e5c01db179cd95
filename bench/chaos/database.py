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


def empty_log(path):
    """Empty the write-ahead log, so that the next write needs room for it."""
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def tables_of_jobs(connection):
    """The tables of all kinds of jobs, by the label that their attempts carry."""
    found = {}
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
        if {"status", "attempt", "run_after", "lease_until", "worker"} <= columns:
            found[table.replace("_", ".", 1)] = table
    return found
