"""The archives in DATA_DIR/backups. The files are the truth: a restored installation, or one whose database is lost,
still knows them.

Beside each archive of ours stands a small JSON file of the same name with what is known of it: its manifest, without
the members, why it was made, and whether it is proven. An archive that somebody copied there by hand has none: it is
listed as not proven, can be proven, and is never deleted by us.
"""

import hashlib
import json
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exports.files import written_whole

FOLDER = settings.DATA_DIR / "backups"
ENDING = ".tar.zst"
OURS = re.compile(r"roost-([0-9]{8}T[0-9]{6}Z)(-[0-9]+)?\.tar\.zst")
STAMP = "%Y%m%dT%H%M%SZ"

#: Kept: the newest of so many days and weeks, made at night; and so many others.
DAYS, WEEKS, BY_HAND, BEFORE_UPDATES = 7, 4, 5, 3


class Reason(models.TextChoices):
    NIGHTLY = "nightly", _("Nightly")
    BY_HAND = "by hand", _("By hand")
    UPDATE = "update", _("Before an update")
    COPIED = "copied", _("Copied here")


@dataclass(frozen=True)
class BackupFile:
    """An archive, and what is known of it. `error` says why the drill did not prove it, `no_room` why there could be
    none; all three are empty before one."""

    path: Path
    size: int  # bytes
    made_at: datetime
    reason: Reason = Reason.COPIED
    manifest: dict = field(default_factory=dict)
    proven_at: datetime | None = None
    error: str = ""
    no_room: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_ours(self) -> bool:
        return self.reason != Reason.COPIED

    @property
    def is_tried(self) -> bool:
        """Whether there was a drill, well or badly ended."""
        return bool(self.proven_at or self.error)

    @property
    def doubt(self) -> str:
        """What was said when somebody tried to prove it, and it is not proven."""
        return "" if self.proven_at else self.error or self.no_room

    @property
    def rows(self) -> int | None:
        """Rows in all tables; None where nobody has looked into it."""
        return sum(self.manifest["rows"].values()) if "rows" in self.manifest else None

    @property
    def etag(self) -> str:
        """Changes with the file (RFC 9110, 8.8.3): nobody writes into one that is there."""
        status = self.path.stat()
        identity = f"{self.name} {status.st_size} {status.st_mtime_ns} {status.st_ino}"
        return f'"{hashlib.sha256(identity.encode()).hexdigest()[:32]}"'

    # ---- what is noted beside it

    def note(self):
        """Write down what is known, beside the archive."""
        told = {
            "made_at": self.made_at.isoformat(),
            "reason": self.reason,
            "manifest": {name: value for name, value in self.manifest.items() if name != "members"},
            "proven_at": self.proven_at and self.proven_at.isoformat(),
            "error": self.error,
            "no_room": self.no_room,
        }
        with written_whole(_sidecar(self.path)) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(json.dumps(told, indent=1).encode())

    def delete(self):
        """Remove the archive, then what is known of it."""
        self.path.unlink(missing_ok=True)
        _sidecar(self.path).unlink(missing_ok=True)


def backups() -> list[BackupFile]:
    """All archives, newest first."""
    found = (_read(path) for path in FOLDER.glob(f"*{ENDING}"))
    return sorted(filter(None, found), key=lambda backup: (backup.made_at, backup.name), reverse=True)


def find(name: str) -> BackupFile | None:
    """The archive of that name. (Looked for in the list: a name from an address is never made a path.)"""
    return next((backup for backup in backups() if backup.name == name), None)


def new_path(now: datetime) -> Path:
    """Where an archive made at `now` goes."""
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f"roost-{now.astimezone(UTC):{STAMP}}"
    path, number = FOLDER / f"{stem}{ENDING}", 1
    while path.exists():
        number += 1
        path = FOLDER / f"{stem}-{number}{ENDING}"
    return path


def last_proven() -> BackupFile | None:
    return next((backup for backup in backups() if backup.proven_at), None)


# ---- which are kept


def prune() -> list[BackupFile]:
    """Delete those of ours that are not kept. Returns them."""
    known = backups()
    kept = keep(known)
    dropped = [backup for backup in known if backup not in kept]
    for backup in dropped:
        backup.delete()
    return dropped


def keep(known: list[BackupFile]) -> list[BackupFile]:
    """Those of `known`, newest first, that are kept: the newest of each of the last 7 days and 4 weeks with a nightly
    one, the last 5 made by hand, the last 3 from before an update, all that are not ours, and the last proven one.

    A proven one stands for its day before a later one that is not.
    """
    nightly = [backup for backup in known if backup.reason == Reason.NIGHTLY]
    kept = [backup for backup in known if not backup.is_ours]
    kept += [backup for backup in known if backup.proven_at][:1]
    kept += _best_of_each(nightly, lambda at: at.date())[:DAYS]
    kept += _best_of_each(nightly, lambda at: at.isocalendar()[:2])[:WEEKS]
    kept += [backup for backup in known if backup.reason == Reason.BY_HAND][:BY_HAND]
    kept += [backup for backup in known if backup.reason == Reason.UPDATE][:BEFORE_UPDATES]
    return kept


def _best_of_each(newest_first, period):
    best = {}
    for backup in newest_first:
        key = period(timezone.localtime(backup.made_at, timezone.get_default_timezone()))
        if key not in best or (backup.proven_at and not best[key].proven_at):
            best[key] = backup
    return list(best.values())


# ---- how


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(ENDING) + ".json")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _read(path: Path) -> BackupFile | None:
    try:
        status = path.stat()
    except FileNotFoundError:  # deleted meanwhile
        return None
    if not stat.S_ISREG(status.st_mode):  # a folder or a pipe with such a name
        return None
    match = OURS.fullmatch(path.name)
    made_at = datetime.fromtimestamp(status.st_mtime, UTC)
    if match:
        with suppress(ValueError):  # the 35th of some month: not ours after all
            made_at = datetime.strptime(match[1], STAMP).replace(tzinfo=UTC)
    try:
        told = json.loads(_sidecar(path).read_bytes())
        return BackupFile(
            path=path,
            size=status.st_size,
            made_at=_moment(told["made_at"]),
            reason=Reason(told["reason"]),
            manifest={**told["manifest"]},
            proven_at=told["proven_at"] and _moment(told["proven_at"]),
            error=str(told["error"]),
            no_room=str(told.get("no_room", "")),  # earlier releases did not note it
        )
    except (OSError, ValueError, KeyError, TypeError):  # none, or somebody's own
        return BackupFile(path=path, size=status.st_size, made_at=made_at)
