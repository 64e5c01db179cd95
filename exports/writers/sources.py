"""How each database hands over lines of text: SQLite row by row, PostgreSQL through COPY.

A source belongs to one connection and one thread, except for `interrupt`, which another thread may call.
"""

from contextlib import suppress
from itertools import chain, islice

from exports.writers.dialects import PostgreSQL, SQLite, escape_xlsx

#: Rows that are fetched and joined at a time: few enough for 10,000 characters in each.
BATCH = 250


class SQLiteSource:
    dialect = SQLite()

    def __init__(self, connection):
        self.errors = connection.Database.Error
        self.raw = connection.connection
        self.cursor = connection.create_cursor()
        self.raw.text_factory = bytes
        self.raw.create_function("escape_xlsx", 1, escape_xlsx, deterministic=True)

    def begin(self):
        """From here on everything is read from one snapshot, the one of the first statement."""
        self.raw.execute("PRAGMA query_only = ON")
        self.raw.execute("PRAGMA cache_size = -2000")  # kibibytes: each page is read once, and memory stays constant
        self.raw.execute("BEGIN")

    def count(self, query, parameters):
        return self.cursor.execute(f"SELECT count(*) FROM ({query})", parameters).fetchone()[0]  # noqa: S608 (the query is Django's own; its values are parameters)

    def lines(self, query, parameters):
        """Yield (rows, bytes) of a query whose only column is the line."""
        self.cursor.execute(query, parameters)
        while rows := self.cursor.fetchmany(BATCH):
            yield len(rows), b"".join(chain.from_iterable(rows))

    def interrupt(self):
        """Stop the statement that runs, if one does."""
        with suppress(self.errors):  # closed meanwhile
            self.raw.interrupt()

    def close(self):
        self.raw.close()


class PostgreSQLSource:
    dialect = PostgreSQL()

    def __init__(self, connection):
        self.errors = connection.Database.Error
        self.raw = connection.connection
        self.cursor = self.raw.cursor()

    def begin(self):
        """From here on everything is read from one snapshot, the one of the first statement."""
        self.cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def count(self, query, parameters):
        return self.cursor.execute(f"SELECT count(*) FROM ({query}) AS t", parameters).fetchone()[0]  # noqa: S608 (the query is Django's own; its values are parameters)

    def lines(self, query, parameters):
        """Yield (rows, bytes) of a query whose only column is the line."""
        # The binary format carries bytes without escaping anything in them.
        statement = f"COPY (SELECT convert_to(export_line, 'UTF8') FROM ({query}) AS t) TO STDOUT (FORMAT binary)"  # noqa: S608 (the query is Django's own; its values are parameters)
        with self.cursor.copy(statement, parameters) as copy:
            copy.set_types(["bytea"])
            lines = chain.from_iterable(copy.rows())
            while batch := list(islice(lines, BATCH)):
                yield len(batch), b"".join(batch)

    def interrupt(self):
        """Stop the statement that runs, if one does."""
        with suppress(self.errors):  # closed meanwhile
            self.raw.cancel_safe()

    def close(self):
        self.raw.close()


SOURCES = {"sqlite": SQLiteSource, "postgresql": PostgreSQLSource}
