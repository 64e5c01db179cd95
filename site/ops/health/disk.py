"""Room on the disks that hold the data."""

import os
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from ops.backups.room import reserve
from ops.health.database import file, is_sqlite
from ops.health.part import ok, red, size, warning

#: Of every thousand files that a disk can hold, so many must still be free.
FILES_LEFT = 10


def disk(now):
    """The fullest of the disks with something of ours."""
    return max((_look(folder) for folder in folders()), key=lambda found: (found[0], found[3]["used"]))


def folders() -> list[Path]:
    """One folder on each disk that holds data of ours."""
    wanted = [settings.DATA_DIR, settings.MEDIA_ROOT, *([file().parent] if is_sqlite() else [])]
    return list({os.stat(folder).st_dev: folder for folder in reversed(wanted) if folder.is_dir()}.values())


def _look(folder):
    status = os.statvfs(folder)
    total, free = status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize
    detail = {
        "folder": str(folder),
        "free_bytes": free,
        "total_bytes": total,
        "used": round(1 - free / total, 4) if total else 1.0,
        "free_files": status.f_favail,
    }
    few_files = status.f_files and status.f_favail * 1000 < status.f_files * FILES_LEFT
    words = _("The disk of %(folder)s has %(free)s free of %(total)s.") % {
        "folder": folder,
        "free": size(free),
        "total": size(total),
    }
    if few_files and not status.f_favail:
        return red(
            _("The disk of %(folder)s can hold no further file.") % {"folder": folder},
            _("Delete files that nobody needs."),
            **detail,
        )
    if free < reserve(total) / 2:
        return red(words, _("Free some space, or give it a larger disk: soon nothing can be saved."), **detail)
    if free < reserve(total) * 2:
        return warning(words, _("Free some space, or give it a larger disk: soon no backup will fit."), **detail)
    if few_files:
        return warning(
            _("The disk of %(folder)s can hold few further files.") % {"folder": folder},
            _("Delete files that nobody needs."),
            **detail,
        )
    return ok(words, **detail)
