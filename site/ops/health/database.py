"""The database itself, and the SQLite that reads it."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.utils.translation import gettext as _

from config.sqlite import sqlite3
from jobs.checks import sqlite_is_safe
from ops.health.part import ok, one_line, red, size, warning

#: Seconds that the smallest question may take.
SLOW = 0.25
#: Bytes of the write-ahead log. SQLite cuts it back to 64 MiB (settings, journal_size_limit) when it has been copied
#: into the database; more is left where somebody reads an old snapshot all the time.
LARGE_LOG, HUGE_LOG = 256 * 1024**2, 2 * 1024**3


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def file() -> Path:
    """The file of a SQLite database."""
    return Path(connection.settings_dict["NAME"])


def is_there() -> bool:
    """Whether one may connect: SQLite would make an empty file where there is none, a restore's place perhaps."""
    return not is_sqlite() or file().exists()


def database(now):
    if not is_there():
        return red(
            _("There is no database at %(file)s.") % {"file": file()},
            _("Start Roost: it makes one. Or restore a backup."),
        )
    start = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode" if is_sqlite() else "SELECT 1")
            answer = cursor.fetchone()[0]
    except Error as error:
        remedy = _remedy(error) if is_sqlite() else _("Start the database server, or correct DATABASE_URL.")
        return red(_("The database cannot be reached: %(error)s") % {"error": one_line(error)}, remedy)
    took = time.perf_counter() - start
    detail = {"vendor": connection.vendor, "seconds": round(took, 6)}
    if is_sqlite():
        detail |= {"journal_mode": answer, "bytes": file().stat().st_size}
        if not os.access(file(), os.W_OK):
            remedy = _("Make %(file)s writable for the user that runs Roost.") % {"file": file()}
            return red(_("The database is read-only: nothing can be saved."), remedy, **detail)
        if answer != "wal":
            remedy = _("Move it to a local disk: SQLite cannot use WAL on a network file system.")
            return warning(
                _("The database is in journal mode %(answer)s instead of WAL.") % {"answer": answer}, remedy, **detail
            )
    if not _has_tables():
        return red(_("The database is empty."), _("Start Roost: it makes the tables at its start."), **detail)
    if took > SLOW:
        remedy = _("Look at what else uses the disk or the processor of this machine.")
        return warning(
            _("The database took %(took)s s for the smallest question.") % {"took": f"{took:.1f}"}, remedy, **detail
        )
    return ok(_("The database answers."), **detail)


def _remedy(error):
    if any(words in str(error) for words in ("not a database", "malformed")):  # SQLITE_NOTADB, SQLITE_CORRUPT
        return _("It is damaged. Stop Roost and restore a backup: manage.py restore FILE")
    return _("Make %(file)s readable.") % {"file": file()}


def _has_tables():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            return cursor.fetchone() is not None
    except Error:
        return False


def sqlite(now):
    if not is_sqlite() and settings.QUEUE_URL:
        return None
    version = sqlite3.sqlite_version
    for message in sqlite_is_safe(None):
        return warning(message.msg, message.hint, version=version)
    return ok(_("SQLite %(version)s is safe.") % {"version": version}, version=version)


def write_ahead_log(now):
    if not is_sqlite():
        return None
    try:
        number = file().with_name(f"{file().name}-wal").stat().st_size
    except FileNotFoundError:  # the last connection to the database takes it along
        number = 0
    words = _("The write-ahead log of the database has %(number)s.") % {"number": size(number)}
    if number < LARGE_LOG:
        return ok(words, bytes=number)
    remedy = _("Something has been reading for long: look for exports that run, then restart Roost.")
    return (red if number >= HUGE_LOG else warning)(words, remedy, bytes=number)
