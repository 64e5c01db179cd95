"""Room on the disk: a backup must never be what fills it."""

import errno
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from config.sqlite import sqlite3
from jobs.errors import JobFailed

MEBIBYTE = 1024 * 1024
#: Bytes between two looks at the disk while something is written.
LOOK = 64 * MEBIBYTE
#: Bytes that are written before they go to the disk.
SYNC_EVERY = 32 * MEBIBYTE


class BackupError(JobFailed):
    """A backup that cannot be made, proven or restored; the message is for whoever operates the installation."""


class NoRoom(BackupError):
    """It would fill the disk, or the disk does not take it: no fault of the archive."""


#: What making, proving or restoring a backup may end with: words for a person, a killed child, a locked or damaged
#: database.
FAILURES = (JobFailed, ChildProcessError, sqlite3.DatabaseError)


def reserve(total: int) -> int:
    """Bytes of a disk that has `total` which backups leave to everybody else: a twentieth, from 64 MiB to 1 GiB."""
    return min(max(total // 20, 64 * MEBIBYTE), 1024 * MEBIBYTE)


def require(folder: Path, needed: int, what: str):
    """Raise NoRoom unless `needed` bytes fit into `folder` beside the reserve. `what` they are for, in words."""
    disk = shutil.disk_usage(folder)
    free = disk.free - reserve(disk.total)
    if needed > free:
        raise NoRoom(
            _(
                "No room for %(what)s: it needs %(needed)s, and %(free)s may be used in %(folder)s (the rest is kept "
                "free for everything else). Free some space, or give it a larger disk."
            )
            % {"what": what, "needed": filesizeformat(needed), "free": filesizeformat(max(free, 0)), "folder": folder}
        )


class Syncing:
    """Brings what is written to the disk bit by bit: in one go at the end a large file would make everybody's fsync
    wait for it. Call it with the bytes of each piece.

    Arguments: the `descriptor` of the file; `flush`, which hands over what a buffer still holds.
    """

    def __init__(self, descriptor: int, flush=lambda: None):
        self.descriptor, self.flush = descriptor, flush
        self.unsynced = 0

    def __call__(self, size: int):
        self.unsynced += size
        if self.unsynced >= SYNC_EVERY:
            self.unsynced = 0
            self.flush()
            os.fdatasync(self.descriptor)


class Watch:
    """Raises NoRoom as soon as what is being written leaves too little. Call it with the bytes of each piece."""

    def __init__(self, folder: Path, what: str):
        self.folder, self.what = folder, what
        self.unseen = LOOK

    def __call__(self, size: int):
        self.unseen += size
        if self.unseen >= LOOK:
            self.unseen = 0
            require(self.folder, LOOK, self.what)


@contextmanager
def full_disk_in_words(folder: Path):
    """Turn a full disk, wherever it was noticed, into NoRoom."""
    words = _("The disk of %(folder)s is full. Free some space, then try again.") % {"folder": folder}
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise NoRoom(words) from error
        raise
    except sqlite3.OperationalError as error:
        if "disk is full" in str(error):
            raise NoRoom(words) from error
        if "I/O error" in str(error):
            raise NoRoom(
                _("SQLite cannot write in %(folder)s (%(error)s). Is the disk full, or broken?")
                % {"folder": folder, "error": error}
            ) from error
        raise
