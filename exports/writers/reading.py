"""Reads the lines of an export from the database: one statement, one snapshot, on a connection of its own.

The statement runs in a thread. SQLite and psycopg release the interpreter while they work, so that one core makes the
lines while another compresses, hashes and writes them; and the caller hears of time passing even while the database
has found nothing yet, and can stop it at once.
"""

import queue
import threading
import time

from django.db import connections
from django.db.models import Expression, TextField

from exports.writers.sources import SOURCES

#: Bytes, or seconds, after which what has been read is handed on.
CHUNK = 256 * 1024
PATIENCE = 0.25
#: Chunks that may wait to be written.
AHEAD = 4


class Line(Expression):
    """The text of one row, made by the database: `line(dialect, names)` of a format over the given columns.

    Not a query around the query: SQLite does not flatten an ordered one below functions, and would copy each row.
    """

    output_field = TextField()

    def __init__(self, columns, line):
        super().__init__()
        self.line = line
        self.expressions = [column.expression for column in columns]

    def get_source_expressions(self):
        return self.expressions

    def set_source_expressions(self, expressions):
        self.expressions = expressions

    def as_sql(self, compiler, connection):
        names = []
        for expression in self.expressions:
            sql, parameters = compiler.compile(expression)
            if parameters:  # a line may name a column more than once, and parameters could not follow
                raise ValueError(f"A column of an export takes no parameters: {sql}")
            names.append(sql)
        return self.line(SOURCES[connection.vendor].dialect, names), []


class Reading:
    """The lines of `queryset` (Tasks, filtered and in order) with the given columns.

        with Reading(queryset, columns, format.line) as reading:
            for rows, data in reading: ...

    `line(dialect, names)` returns SQL for the text of one line. Iterating yields (rows, bytes) as they come, and
    (0, b"") about twice a second while nothing comes. `total`, the number of rows of the snapshot, is known from the
    first item that has come from the database.
    """

    def __init__(self, queryset, columns, line):
        self._count = queryset.order_by().values_list("pk")
        self._lines = queryset.annotate(export_line=Line(columns, line)).values_list("export_line")
        self.total = None

    # ---- the caller's side

    def __enter__(self):
        self._items = queue.SimpleQueue()
        self._room = threading.Semaphore(AHEAD)
        self._stopped = False
        self._source = None
        self._thread = threading.Thread(target=self._run, name="export-reader", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped = True
        self._room.release()
        while self._thread.is_alive():
            if source := self._source:
                source.interrupt()
            self._thread.join(0.05)

    def __iter__(self):
        while True:
            try:
                item = self._items.get(timeout=0.5)
            except queue.Empty:
                yield 0, b""
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
            self._room.release()

    # ---- the thread's side

    def _run(self):
        try:
            self._read(connections.create_connection(self._lines.db))
        except BaseException as error:  # noqa: BLE001 (the caller raises it)
            self._items.put(error)
        else:
            self._items.put(None)

    def _read(self, connection):
        connection.connect()
        source = SOURCES[connection.vendor](connection)
        self._source = source
        try:
            with connection.wrap_database_errors:
                source.begin()
                self.total = source.count(*_compile(self._count, connection))
                self._hand_on(source.lines(*_compile(self._lines, connection)))
        finally:
            self._source = None
            source.close()

    def _hand_on(self, batches):
        """Put (rows, bytes) of a good size into the queue, as long as somebody wants them."""
        rows, pieces, size, due = 0, [], 0, time.monotonic()
        for batch, piece in batches:
            rows += batch
            size += len(piece)
            pieces.append(piece)
            if size >= CHUNK or time.monotonic() >= due:
                self._put(rows, pieces)
                rows, pieces, size, due = 0, [], 0, time.monotonic() + PATIENCE
        self._put(rows, pieces)

    def _put(self, rows, pieces):
        self._room.acquire()
        if self._stopped:
            raise InterruptedError
        self._items.put((rows, b"".join(pieces)))


def _compile(queryset, connection):
    return queryset.query.get_compiler(connection=connection, elide_empty=False).as_sql()
