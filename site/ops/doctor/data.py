"""The data folder, and what lies in it."""

import errno
import os
import re
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from config import lock
from ops.health.database import file, is_sqlite
from ops.health.part import CHANGES, count, ok, red, warning

#: Seconds that a small file may take to reach the disk.
SLOW = 1
#: Shared by hosts, or not locking as SQLite needs it (sqlite.org/wal.html, "Disadvantages").
NETWORK = frozenset(
    [
        *(
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "coda",
            "davfs",
            "gfs2",
            "glusterfs",
            "gpfs",
            "lustre",
            "ncpfs",
            "nfs",
        ),
        *("nfs4", "ocfs2", "orangefs", "prl_fs", "pvfs2", "smb3", "smbfs", "vboxsf"),
    ]
)
#: Which forget everything.
FLEETING = frozenset(["tmpfs", "ramfs"])


@cache
def _of_this_release():
    """The (app, name) of all migrations, in the order in which they are made. To read and sort them takes long."""
    executor = MigrationExecutor(None)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    return [(migration.app_label, migration.name) for migration, is_backwards in plan]


def migrations(now):
    applied = MigrationRecorder(connection).applied_migrations()
    names = [f"{app}.{name}" for app, name in _of_this_release() if (app, name) not in applied]
    if names:
        words = _("The database lacks %(changes)s of this release.") % {"changes": count(len(names), CHANGES)}
        remedy = _("Start Roost again: it makes them at its start. By hand: manage.py prepare")
        return red(words, remedy, missing=names)
    return ok(_("The database is that of this release."))


def half_way(now):
    """Whether the data is neither the old nor the new; None for every other day."""
    is_restored, is_updated = lock.RESTORING.exists(), lock.UPDATING.exists()
    if is_restored and is_updated:
        words = _("The restore and the update of this data has not come to its end.")
    elif is_restored:
        words = _("The restore of this data has not come to its end.")
    elif is_updated:
        words = _("The update of this data has not come to its end.")
    else:
        return None
    return red(words, _("Wait for it; where it was interrupted, manage.py prepare ends it."))


def folder(now):
    """Whether the data folder takes a file, and how soon."""
    start = time.perf_counter()
    try:
        with tempfile.NamedTemporaryFile(dir=settings.DATA_DIR, prefix=".doctor-") as probe:
            probe.write(b"Can this be saved?")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        words = _("Nothing can be saved in %(folder)s: %(error)s.") % {
            "folder": settings.DATA_DIR,
            "error": error.strerror,
        }
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return red(words, _("Free some space, or give it a larger disk."))
        return red(
            words,
            _("Make it writable for the user with the number %(number)d, who runs Roost.") % {"number": os.geteuid()},
        )
    took = time.perf_counter() - start
    if took > SLOW:
        words = _("A small file took %(seconds)s s to reach the disk of %(folder)s.") % {
            "seconds": f"{took:.1f}",
            "folder": settings.DATA_DIR,
        }
        return warning(words, _("Look at what else uses this disk, or move the folder to a faster one."), seconds=took)
    return ok(_("%(folder)s takes files.") % {"folder": settings.DATA_DIR}, seconds=round(took, 4))


def file_system(now):
    """Whether the disk is one on which SQLite is safe, and which keeps what it is given."""
    if not is_sqlite() and settings.QUEUE_URL:
        return None
    mounts = [mount_of(path) for path in {settings.DATA_DIR, *([file().parent] if is_sqlite() else [])}]
    if None in mounts:
        return ok(_("This system does not tell which file system it is."))
    return max((_judge(mount) for mount in mounts), key=lambda found: found[0])


def _judge(mount):
    kind, detail = mount.kind, {"type": mount.kind, "mounted_at": mount.point}
    values = {"folder": mount.path, "type": kind}
    if kind in NETWORK:
        words = _("%(folder)s is on a file system of the type %(type)s, which is shared over a network.")
        remedy = _("Move the data folder to a local disk: SQLite loses data on network file systems.")
        return red(words % values, remedy, **detail)
    if kind in FLEETING:
        words = _("%(folder)s is on a file system of the type %(type)s: a restart of the machine empties it.")
        return warning(words % values, _("Move the data folder to a disk."), **detail)
    if kind == "overlay":
        words = _("%(folder)s is on a file system of the type %(type)s: it goes with the container.")
        remedy = _("Mount a volume: docker run -v roost-data:%(folder)s …") % {"folder": settings.DATA_DIR}
        return warning(words % values, remedy, **detail)
    if kind.startswith("fuse") or kind == "virtiofs":
        words = _("%(folder)s is on a file system of the type %(type)s, which may or may not lock as SQLite needs it.")
        remedy = _("Make sure that it is a local disk; if not, move the data folder to one.")
        return warning(words % values, remedy, **detail)
    return ok(_("%(folder)s is on a file system of the type %(type)s.") % values, **detail)


class Mount(NamedTuple):
    path: Path
    point: str
    kind: str


def mount_of(path: Path, table=Path("/proc/self/mountinfo")) -> Mount | None:
    """On which file system the path is (proc(5), /proc/pid/mountinfo); None where the system does not tell."""
    real, found = path.resolve(), None
    try:
        lines = table.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return None
    for line in lines:
        left, __, right = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), left.split()[4])
        # Of two at the same place the later one hides the earlier.
        if real.is_relative_to(point) and (found is None or len(point) >= len(found.point)):
            found = Mount(path, point, right.split()[0])
    return found


def private_files(now):
    """Whether other users of this machine could read what must stay secret."""
    secrets = [settings.DATA_DIR / "secret_key", *([file()] if is_sqlite() else [])]
    secrets += sorted(settings.DATA_DIR.glob("queue-*.sqlite3"))
    open_ = [path for path in secrets if path.exists() and _is_open(path) and _is_open(path.parent, 0o011)]
    if open_:
        names = ", ".join(path.name for path in open_)
        remedy = f"chmod 700 {settings.DATA_DIR}; chmod 600 {' '.join(str(path) for path in open_)}"
        return warning(_("Other users of this machine can read %(files)s.") % {"files": names}, remedy)
    return ok(_("No other user of this machine can read the data."))


def _is_open(path, bits=0o044):
    return bool(path.stat().st_mode & bits)
