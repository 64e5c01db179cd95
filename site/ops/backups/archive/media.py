"""The files below DATA_DIR/media: those of exports and those sent for imports."""

import os
from collections.abc import Iterator
from pathlib import Path

from exports.imports.models import Upload
from exports.models import ExportJob
from ops.backups.archive.layout import reading

#: What a half-written draft of an export ends with.
DRAFT = ".tmp"


def files_below(media: Path) -> Iterator[tuple[str, Path]]:
    """The files in `media`, each with its name relative to it, in order. Links are followed: whoever moved a part of
    the data to another disk still wants it in the backup.

    Raises Unreadable for a folder that cannot be read, whose files would be left out without a word.
    """
    seen = set()
    for folder, folders, names in os.walk(media, followlinks=True, onerror=_refuse):
        try:
            status = os.stat(folder)
        except FileNotFoundError:  # emptied and removed meanwhile
            continue
        if (status.st_dev, status.st_ino) in seen:  # a link that leads up
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if not name.endswith(DRAFT):
                yield path.relative_to(media).as_posix(), path


def _refuse(error):
    if not isinstance(error, FileNotFoundError):
        with reading(error.filename):
            raise error


def size_below(media: Path) -> int:
    """Bytes of the files in `media`. Raises Unreadable."""
    total = 0
    for _, path in files_below(media):
        try:
            with reading(path):
                total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def owner_of(name: str) -> ExportJob | Upload | None:
    """The row that refers to the file with this name in media; rows go before their files do."""
    kinds = {"exports": ExportJob, "imports": Upload}
    match name.split("/"):
        case [folder, organization, file] if folder in kinds and organization.isdecimal():
            file = file.removesuffix(".json")  # an export's manifest
            return kinds[folder].objects.filter(organization_id=organization, file=file).first()
    return None
