"""Makes a backup, and proves one.

room? ──► copy the database ──► archive ──► fsync, rename ──► listed ──► drill ──► proven
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import django
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from config.release import RELEASE
from config.sqlite import sqlite3
from exports.files import written_whole
from jobs.consumer import die_with
from jobs.errors import JobFailed
from ops.backups import archive, catalog, database
from ops.backups.catalog import BackupFile, Reason
from ops.backups.database import Beat
from ops.backups.room import BackupError, NoRoom, full_disk_in_words, require

#: Begins the names of folders of work that is not finished.
WORK = ".work-"
#: How large an archive is expected where there is none to compare with: as large as what it holds.
UNKNOWN = 1.0
#: Let the next one be so much larger than the last.
GROWTH = 1.25
#: Apps that earlier releases had, by their labels: their migrations do not make a backup newer than this release.
RETIRED_APPS = ("sessions",)


def no_beat(size):
    """For whoever has no heartbeat to give."""


def make(reason: Reason, beat: Beat = no_beat, *, output: Path | None = None) -> BackupFile:
    """Make an archive in DATA_DIR/backups, or at `output`. Returns it, not proven yet.

    Raises BackupError (a JobFailed) with words for a person, and what `beat` raises.
    """
    database.require_support()
    source = database.path()
    if not source.exists():
        raise BackupError(
            _("There is no database at %(source)s yet, so there is nothing to back up.") % {"source": source}
        )
    with working(beat) as folder:
        catalog.prune()
        copied = folder / archive.DATABASE
        size, media = database.size(source), archive.size_below(settings.MEDIA_ROOT)
        expected = int((size + media) * _ratio())
        require(catalog.FOLDER, size + expected, _("a backup"))
        if output is not None:
            require(output.parent, expected, _("a backup"))
        now = timezone.now()
        database.copy(source, copied, beat)
        database.checkpoint(source)
        facts = {
            "product": "roost",
            "release": RELEASE,
            "made_at": now.isoformat(),
            "reason": reason,
            "django": django.get_version(),
            "sqlite": sqlite3.sqlite_version,
            "bytes": size + media,
            **database.facts(copied, beat),
        }
        path = output or catalog.new_path(now)
        with written_whole(path) as file:
            manifest = archive.write(
                file,
                database=copied,
                secret_key=settings.DATA_DIR / "secret_key",
                media=settings.MEDIA_ROOT,
                facts=facts,
                beat=beat,
            )
            made = BackupFile(path, file.tell(), now, reason, manifest)
            if output is None:
                made.note()  # before it appears: an archive without its note would pass for somebody's own
        return made


def prove(backup: BackupFile, beat: Beat = no_beat, *, listed=True) -> BackupFile:
    """The drill: unpack it, check it, bring it to this release, read from it. Notes the outcome beside a `listed`
    archive.

    Raises BackupError where the archive cannot be restored; NoRoom is not its fault, and leaves it to the next drill.
    """
    try:
        with working(beat) as folder:
            manifest = drill(backup.path, folder, beat)
    except NoRoom as error:
        if listed:
            with suppress(JobFailed, OSError):  # the disk may not even take that
                replace(backup, no_room=str(error)).note()
        raise
    except BackupError as error:
        if listed:
            replace(backup, error=str(error), proven_at=None, no_room="").note()
        raise
    proven = replace(backup, manifest=manifest, proven_at=timezone.now(), error="", no_room="")
    if listed:
        proven.note()
    return proven


def drill(path: Path, folder: Path, beat: Beat) -> dict:
    """Restore the archive at `path` into the empty `folder`, as far as that goes beside a running site. Returns its
    manifest."""
    unpacked = folder / archive.DATABASE
    manifest = archive.unpack(path, folder, database=unpacked, beat=beat)
    check(unpacked, manifest, beat)
    refuse_newer(manifest)
    adopt(folder, beat)
    return manifest


def check(unpacked: Path, manifest: dict, beat: Beat):
    """Raise BackupError unless the unpacked database is sound and has the rows that the manifest tells."""
    database.check(unpacked, beat)
    found, told = database.facts(unpacked, beat)["rows"], manifest["rows"]
    for table in sorted(found.keys() | told.keys()):
        if found.get(table) != told.get(table):
            raise BackupError(
                _("The table %(table)s has %(found)s rows instead of %(told)s.")
                % {"table": table, "found": found.get(table), "told": told.get(table)}
            )


def refuse_newer(manifest: dict):
    """Raise BackupError where the database has been through migrations that this release does not have."""
    if unknown := unknown_migrations(MigrationLoader(None), manifest["migrations"]):
        raise BackupError(
            _(
                "The backup was made by a newer release (%(newer)s); this one is %(own)s and does not know %(number)s "
                "changes of its database, such as %(example)s. Install that release, then restore."
            )
            % {
                "newer": manifest.get("release", "unknown"),
                "own": RELEASE,
                "number": len(unknown),
                "example": unknown[-1],
            }
        )


def unknown_migrations(loader: MigrationLoader, applied: Iterable) -> list[str]:
    """Those of the applied migrations, pairs of app and name, that this release does not have: "orgs.0009_later"."""
    replaced = {old for migration in loader.disk_migrations.values() for old in migration.replaces}
    return [
        f"{app}.{name}"
        for app, name in applied
        if app not in RETIRED_APPS and (app, name) not in loader.disk_migrations and (app, name) not in replaced
    ]


def adopt(folder: Path, beat: Beat, *options: str) -> str:
    """Bring the database in `folder` to this release, in a process of its own that knows only that. Returns what it
    prints. Raises BackupError with its last words, and ChildProcessError where it was killed."""
    environment = {
        **os.environ,
        "DATA_DIR": str(folder),  # and so DATA_DIR/roost.sqlite3
        "QUEUE_URL": "",
        "EMAIL_URL": "",
        "SECRET_KEY": settings.SECRET_KEY,  # else it would make one in the folder
        "PYTHONPATH": os.pathsep.join([str(settings.BASE_DIR), str(settings.BASE_DIR / "site")]),
    }
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "QUEUE_URL_FILE", "EMAIL_URL_FILE", "SECRET_KEY_FILE"):
        environment.pop(name, None)
    parent = os.getpid()
    with (folder / "adopt.log").open("w+") as log:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "ops.backups.adopt", *options],
            env=environment,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=lambda: die_with(parent),
        )
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    printed, __ = process.communicate(timeout=0.25)
                    break
                beat(0)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        log.seek(0)
        words = log.read().strip()
    if process.returncode < 0:  # by the kernel for want of memory, or by somebody: says nothing of the database
        raise ChildProcessError(
            _("The process that was to try the database was killed (signal %(signal)s).")
            % {"signal": -process.returncode}
        )
    if process.returncode:
        ended = _("it ended with %(code)s") % {"code": process.returncode}
        last = words.splitlines()[-1].strip() if words else ended
        raise BackupError(_("The database cannot be brought to this release: %(last)s") % {"last": last[:500]})
    return printed


@contextmanager
def working(beat: Beat):
    """Gives an empty folder in DATA_DIR/backups, removed afterwards; only one backup at a time works there.

    Removes what those that were killed have left.
    """
    catalog.FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(catalog.FOLDER, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                beat(0)
                time.sleep(0.1)
        _tidy()
        folder = catalog.FOLDER / f"{WORK}{os.getpid()}"
        folder.mkdir(mode=0o700)
        try:
            with full_disk_in_words(catalog.FOLDER):
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


def _tidy():
    for path in catalog.FOLDER.glob(f"{WORK}*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in catalog.FOLDER.glob("roost-*.tmp"):
        path.unlink(missing_ok=True)
    for path in catalog.FOLDER.glob("roost-*.json"):
        if not path.with_name(f"{path.stem}{catalog.ENDING}").exists():
            path.unlink(missing_ok=True)


def _ratio() -> float:
    """How many bytes of an archive one byte of data becomes, as the last one tells."""
    for backup in catalog.backups():
        held = backup.manifest.get("bytes")
        if held:
            return min(GROWTH * backup.size / held, UNKNOWN)
    return UNKNOWN
