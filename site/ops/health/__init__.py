"""How the installation is: one list of parts, for `/health`, the screens, the alerts, the metrics and the doctor.

    for part in parts():
        print(part.name, part.verdict, part.words, part.remedy)

Each part is one small function in the list `LOOKS`. It takes the time and returns what `ok`, `warning` or `red` made,
or None where this installation has no such part. It writes nothing, waits for nobody, and reads so little that all of
them together take some milliseconds, however many jobs are done.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from config.queues import QUEUES
from ops.health import alerts, backups, database, disk, outbox, queues, schedules
from ops.health.part import Part, Verdict, one_line, worst

__all__ = ["LOOKS", "Look", "Part", "Verdict", "latest", "parts", "worst"]

logger = logging.getLogger("ops")

#: Seconds for which a process gives the same answer again: whoever asks without end costs little.
FRESH = 2
#: Milliseconds that a statement waits for a lock, or on PostgreSQL runs.
PATIENCE = 1000


@dataclass(frozen=True)
class Look:
    name: str
    function: Callable
    #: Whether it reads the database: without one it need not even try.
    asks_database: bool = True

    def __call__(self, now: datetime) -> Part | None:
        try:
            found = self.function(now)
        except Exception as error:
            logger.debug("cannot look at %s", self.name, exc_info=True)
            words = _("It could not be looked at: %(kind)s: %(error)s") % {
                "kind": type(error).__name__,
                "error": one_line(error),
            }
            return Part(
                self.name,
                Verdict.RED,
                words,
                _("Mend what it names. With LOG_LEVEL=DEBUG the log has more of it."),
            )
        return found and Part(self.name, *found)


LOOKS = [
    Look("database", database.database),
    Look("sqlite", database.sqlite, asks_database=False),
    Look("wal", database.write_ahead_log, asks_database=False),
    *(Look(f"consumer:{queue}", partial(queues.consumer, queue)) for queue in QUEUES),
    *(Look(f"queue:{queue}", partial(queues.queue, queue)) for queue in QUEUES),
    Look("schedules", schedules.schedules),
    Look("outbox", outbox.outbox),
    Look("backups", backups.backups),
    Look("disk", disk.disk, asks_database=False),
    Look("alerts", alerts.alerts),
]


def parts(now: datetime | None = None, looks=LOOKS) -> list[Part]:
    """Every part of this installation, as it is at `now` (an aware datetime; default: the time)."""
    now = now or timezone.now()
    found, answers = [], True
    with impatient():
        for look in looks:
            if look.asks_database and not answers:
                words = _("It could not be looked at without the database.")
                found.append(Part(look.name, Verdict.RED, words, _("Mend the database first.")))
            elif part := look(now):
                found.append(part)
                answers = answers and (look.name != "database" or part.verdict != Verdict.RED)
    return found


@contextmanager
def impatient():
    """Within the block no statement of this thread's connection waits for long."""
    if not database.is_there():
        yield
        return
    if connection.vendor == "sqlite":
        usual = int(settings.DATABASES["default"].get("OPTIONS", {}).get("timeout", 5) * 1000)
        hurry, leisure = f"PRAGMA busy_timeout={PATIENCE}", f"PRAGMA busy_timeout={usual}"
    else:
        hurry, leisure = f"SET statement_timeout={PATIENCE}", "RESET statement_timeout"
    with suppress(Error):  # it is for the parts to say what is wrong with the database
        _execute(hurry)
    try:
        yield
    finally:
        with suppress(Error):
            _execute(leisure)


def _execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


# ---- for those who ask often


class Latest:
    """What this process last found, and a lock so that only one thread looks."""

    def __init__(self):
        self.lock = threading.Lock()
        self.forget()

    def forget(self):
        self.until, self.parts = 0, None


_latest = Latest()


def latest() -> list[Part]:
    """The parts as they were at most FRESH seconds ago, or, while another thread looks, as they were before that."""
    if time.monotonic() < _latest.until:
        return _latest.parts
    if _latest.lock.acquire(blocking=_latest.parts is None):
        try:
            if time.monotonic() >= _latest.until:
                _latest.parts = parts()
                _latest.until = time.monotonic() + FRESH
        finally:
            _latest.lock.release()
    return _latest.parts
