"""The files of an export on the disk: written under a temporary name, visible only when complete and synced."""

import errno
import os
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db.utils import OperationalError
from django.utils.translation import gettext_lazy as _

from jobs.errors import JobFailed

FULL = _("There is no room left for the file. Free some space in the data folder, then try again.")


def folder(organization_id) -> Path:
    return settings.MEDIA_ROOT / "exports" / str(organization_id)


def remove(directory: Path, export_id: int, attempts: Iterable[int] | None = None):
    """Remove what these attempts at the export have left, or what all have."""
    for attempt in ["*"] if attempts is None else attempts:
        for path in directory.glob(f"{export_id}-{attempt}.*"):
            path.unlink(missing_ok=True)


@contextmanager
def written_whole(path: Path):
    """A binary file that appears at `path` once the block has ended well, and not at all otherwise.

    Raises JobFailed, with words for a person, where the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.tmp")
    try:
        with _full_disk_in_words():
            with draft.open("wb") as file:  # buffered: on a full disk a raw write may take a part and not say so
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            _sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _full_disk_in_words():
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise JobFailed(str(FULL)) from error
        raise
    except OperationalError as error:
        if "disk is full" in str(error):  # SQLite's own temporary files
            raise JobFailed(str(FULL)) from error
        raise


def _sync(directory: Path):
    """Make a rename last through a power cut (fsync(2): the directory's entry needs a sync of its own)."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
