"""Puts staged data in the place of the present data, which is kept aside.

Everything that can fail has happened before, to the staged data. Then one file, `DATA_DIR/restore.json`, is written and
synced; from then on it only goes forward, by renames that may be repeated. Whatever is killed in between: nothing of
Roost runs on the half of it (`config.lock`), and the next restore or start goes on with it. Nothing is deleted.
"""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from config import lock
from exports.files import written_whole
from ops.backups import archive, database
from ops.backups.room import BackupError, require

#: Where an archive is unpacked.
STAGING = settings.DATA_DIR / "restoring"
#: Begins the names of the folders where data is put aside, with the time.
ASIDE = "replaced-"


@dataclass(frozen=True)
class Swap:
    """What is put in place: `source`, for people; `staged`, the folder where it is; `database`, its database's name;
    `aside`, the name of the folder where the present data goes."""

    source: str
    staged: str
    database: str
    aside: str

    @property
    def replaced(self) -> Path | None:
        """The folder that holds the database from before; None where there was none."""
        folder = database.path().parent / self.aside
        return folder if (folder / database.path().name).exists() else None


def staging() -> Path:
    """A new folder for the data to come. (What another restore left there are copies, from before its swap.)"""
    shutil.rmtree(STAGING, ignore_errors=True)
    STAGING.mkdir(mode=0o700)
    (STAGING / archive.MEDIA).mkdir(mode=0o700)
    return STAGING


def refuse_mounts():
    """Raise BackupError where media cannot be put aside by a rename."""
    if os.path.ismount(settings.MEDIA_ROOT):
        raise BackupError(
            _(
                "%(folder)s is a disk of its own, which cannot be put aside. Unmount it, restore, and copy the "
                "restored files onto it."
            )
            % {"folder": settings.MEDIA_ROOT}
        )


def swap(source: Path, staged: Path, name: str) -> Swap:
    """Put what is in the folder `staged`, with a database of that `name`, in place. Returns where the old data is."""
    if (staged / name).stat().st_dev != database.path().parent.stat().st_dev:
        require(database.path().parent, (staged / name).stat().st_size, _("the database"))
    os.sync()
    plan = Swap(str(source.absolute()), str(staged.absolute()), name, f"{ASIDE}{timezone.now():%Y%m%dT%H%M%S%fZ}")
    with written_whole(lock.RESTORING) as file:
        file.write(json.dumps(asdict(plan)).encode())
    return finish()


def finish() -> Swap | None:
    """End a swap that was begun; the caller has the data alone. Returns it, or None where there was none."""
    try:
        plan = Swap(**json.loads(lock.RESTORING.read_bytes()))
    except FileNotFoundError:
        return None
    live, staged = database.path(), Path(plan.staged)
    beside = live.with_name(f".{live.name}.restoring")  # on the disk of the database, so that a rename puts it in place
    if (staged / plan.database).exists():
        shutil.move(staged / plan.database, beside)
    if beside.exists():
        # The log before the file that it belongs to, and never beside another one (sqlite.org/howtocorrupt.html).
        for path in database.files(live):
            _put_aside(path, plan.aside)
        beside.rename(live)
    beside_data = settings.DATA_DIR / staged.name  # where the database is on another disk, so is its folder put aside
    for name in (archive.MEDIA, archive.SECRET_KEY):
        if (beside_data / name).exists():
            _put_aside(settings.DATA_DIR / name, plan.aside)
            (beside_data / name).rename(settings.DATA_DIR / name)
    for path in settings.DATA_DIR.glob("queue-*.sqlite3*"):  # they ring for rows of the old database
        _put_aside(path, plan.aside)
    if staged == STAGING:
        shutil.rmtree(STAGING, ignore_errors=True)
    else:
        with suppress(OSError):  # not empty: it holds the queues' files still
            staged.rmdir()
    lock.UPDATING.unlink(missing_ok=True)  # it was an update of the data that has just been put aside
    os.sync()
    lock.RESTORING.unlink()
    return plan


def _put_aside(path: Path, aside: str):
    if not os.path.lexists(path):
        return
    folder = path.parent / aside
    folder.mkdir(mode=0o700, exist_ok=True)
    target, number = folder / path.name, 1
    while os.path.lexists(target):  # made by somebody after an interruption
        number += 1
        target = folder / f"{path.name}.{number}"
    path.rename(target)
