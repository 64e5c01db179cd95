"""The two queues, each a Huey instance of its own: `emails` (threads, many and short) and `exports` (processes, heavy).

    from config.queues import emails, exports

    @exports.db_task(timeout=1800)
    def run_export(job_id): ...

A message is a doorbell: the work itself is a row (`jobs.models.Job`). It is JSON, with JSON arguments, and says only
which function to call; a queue can be deleted without losing anything.
"""

import errno
import json
import os
import select
from contextlib import suppress
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from huey import Huey
from huey.registry import Message
from huey.storage import PostgresStorage, RedisStorage, SqliteStorage


class JSONSerializer:
    """Messages and results as JSON. Raises TypeError for what JSON cannot say, and ValueError where it is to read
    anything else, a pickle above all, which runs code (OWASP, "Deserialization Cheat Sheet")."""

    #: Huey's fields that a message of ours uses. Pipelines and chords would be a second way to say what comes next, and
    #: what it expires by or how often it is tried again is for the row to say.
    FIELDS = ("id", "name", "eta", "retries", "retry_delay", "priority", "args", "kwargs", "timeout")

    def serialize(self, data) -> bytes:
        if isinstance(data, Message):
            left_out = {name for name, value in data._asdict().items() if value and name not in self.FIELDS}
            if left_out:
                raise TypeError(f"A message of ours has no {' and no '.join(sorted(left_out))}.")
            message = {name: getattr(data, name) for name in self.FIELDS}
            message["eta"] = data.eta and data.eta.isoformat()
            data = {"message": message}
        return json.dumps(data, separators=(",", ":")).encode()

    def deserialize(self, data):
        value = json.loads(bytes(data))
        if not isinstance(value, dict) or "message" not in value:
            return value
        message = value["message"]
        if not isinstance(message, dict) or not set(message) <= set(self.FIELDS):
            raise ValueError("Not a message of ours.")
        message["eta"] = message.get("eta") and datetime.fromisoformat(message["eta"])
        return Message(**message)


class WakingSqliteStorage(SqliteStorage):
    """Huey's SQLite storage, whose idle workers sleep on a named pipe beside the file instead of polling it.

    A producer commits its row and then writes one byte into the pipe; an idle worker waits in poll(2). A lost byte
    costs at most `wait` seconds. `synchronous=NORMAL` may lose the last messages at a power cut, never at a crash of a
    process (sqlite.org/pragma.html#pragma_synchronous): the sweep rings again for what is lost.

    Arguments: `filename` of the queue, `wait` in seconds between two looks at an idle queue.
    """

    blocking = True  # Huey's worker does not sleep between two calls of dequeue()

    def __init__(self, name, filename, wait=2.0, **kwargs):
        self.pipe = f"{filename}.wake"
        self.wait = wait
        self._file = self._pipe = None  # what was opened, as _file_at() tells it
        self._reader = self._writer = None
        self._is_busy = False  # whether there was a message when we last looked
        super().__init__(name, filename=filename, create_tables=False, timeout=10, **kwargs)

    # ---- a file that may be deleted under us

    def _create_connection(self):
        # Looked at first: a file that another process deletes or makes meanwhile is noticed at the next statement.
        self._file = _file_at(self.filename)
        connection = super()._create_connection()
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA journal_size_limit=1048576")
        for statement in self.ddl:
            connection.execute(statement)
        return connection

    @property
    def conn(self):
        if self._conn is not None and _file_at(self.filename) != self._file:
            self._conn.close()
            self._conn = None
        return super().conn

    # ---- the producer's side

    def enqueue(self, data, priority=None):
        super().enqueue(data, priority)
        self.wake()

    def wake(self, workers: int = 1):
        """Wake that many idle workers. Without a reader, or with the pipe full, there is nobody to wake."""
        with self.lock:
            for _ in range(2):
                try:
                    if self._writer is None:
                        self._writer = os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
                    os.write(self._writer, b"x" * workers)
                except (FileNotFoundError, BlockingIOError):
                    return
                except BrokenPipeError:  # the consumer has been started anew
                    os.close(self._writer)
                    self._writer = None
                except OSError as error:
                    if error.errno == errno.ENXIO:  # no reader
                        return
                    raise
                else:
                    return

    # ---- the consumer's side

    def dequeue(self):
        reader = self._open_pipe()
        message = self._answer(reader)
        if message is None:
            poller = select.poll()
            poller.register(reader, select.POLLIN)
            if poller.poll(self.wait * 1000):
                message = self._answer(reader)
        return message

    def _answer(self, reader):
        """Take one byte out of the pipe and then the next message, if there is one.

        In this order: whoever takes a byte looks at the queue afterwards, so no message is left without one; and a
        busy worker takes them too, so that they do not pile up and wake idle ones for nothing.
        """
        with suppress(BlockingIOError):  # no byte, or another worker took it
            os.read(reader, 1)
        first = "SELECT id FROM task WHERE queue = ? ORDER BY priority DESC, id LIMIT 1"
        with self.db() as cursor:
            if not self._is_busy and not cursor.execute(first, [self.name]).fetchone():
                return None  # without the lock that a DELETE takes
            rows = cursor.execute(f"DELETE FROM task WHERE id = ({first}) RETURNING data", [self.name]).fetchall()  # noqa: S608 (`first` is the text above)
            self._is_busy = bool(rows)
            return rows[0][0] if rows else None

    def _open_pipe(self) -> int:
        with self.lock:
            if self._reader is None or _file_at(self.pipe) != self._pipe:
                with suppress(FileExistsError):
                    os.mkfifo(self.pipe, 0o600)
                # Read and write, so that the pipe never reports its end.
                reader = os.open(self.pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
                if self._reader is None:
                    self._reader = reader
                else:  # another thread may be about to read from that number, which must not become another file's
                    os.dup2(reader, self._reader, inheritable=False)
                    os.close(reader)
                self._pipe = _file_of(self._reader)
            return self._reader


def _file_at(path):
    """What tells a file from another one later at the same path; None where there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _file_of(descriptor):
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


class Queue(Huey):
    """A Huey with Django's connection handling and without results: what a job achieved is in its row.

    Arguments: `name`; `worker_type` and `workers` of its consumer; `max_tasks` after which a worker process is
    replaced; further keywords for the storage.
    """

    def __init__(self, name, *, worker_type, workers, max_tasks=None, **kwargs):
        self.consumer_options = {"worker_type": worker_type, "workers": workers, "max_tasks": max_tasks}
        super().__init__(name, results=False, serializer=JSONSerializer(), **kwargs)

    #: Whether the consumer of this process is about to end: its workers begin nothing more.
    is_stopping = staticmethod(lambda: False)

    def dequeue(self):
        task = super().dequeue()
        if task is not None and self.is_stopping():  # the worker waited for it when it was told to end
            self.enqueue(task)
            return None
        return task

    def db_task(self, **options):
        return lambda function: self.task(**options)(self._with_connections(function))

    def db_periodic_task(self, validate_datetime, **options):
        return lambda function: self.periodic_task(validate_datetime, **options)(self._with_connections(function))

    def _with_connections(self, function):
        @wraps(function)
        def inner(*args, **kwargs):
            if self.immediate:  # inside a request: its connections are not ours to close
                return function(*args, **kwargs)
            close_old_connections()
            try:
                return function(*args, **kwargs)
            finally:
                close_old_connections()

        return inner

    def enqueue(self, task):
        if self.immediate:  # a test sees the message that a worker would see
            task = self.deserialize_task(self.serialize_task(task))
        return super().enqueue(task)

    # ---- Huey's revoking, which it looks for before and after each message: a job is cancelled in its row instead

    def revoke(self, *args, **kwargs):
        raise NotImplementedError("Cancel the job: job.cancel().")

    revoke_all = revoke

    def is_revoked(self, *args, **kwargs):
        return False

    def delete(self, key):
        return not key.startswith("r:") and super().delete(key)


def _storage(name):
    url = settings.QUEUE_URL
    scheme = url.partition(":")[0]
    if not url:
        return {"storage_class": WakingSqliteStorage, "filename": str(settings.DATA_DIR / f"queue-{name}.sqlite3")}
    if scheme in ("redis", "rediss", "unix"):
        return {"storage_class": RedisStorage, "url": url}
    if scheme in ("postgres", "postgresql"):
        return {"storage_class": PostgresStorage, "dsn": url, "table_prefix": "roost_queue"}
    raise ImproperlyConfigured(
        f"QUEUE_URL has the unknown scheme {scheme!r}: use redis://, unix:// or postgres://, or leave it out."
    )


emails = Queue("emails", worker_type="thread", workers=settings.EMAIL_WORKERS, **_storage("emails"))
exports = Queue("exports", worker_type="process", workers=settings.EXPORT_WORKERS, max_tasks=500, **_storage("exports"))

QUEUES = {queue.name: queue for queue in (emails, exports)}
