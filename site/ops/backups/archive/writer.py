import hashlib
import json
import os
import stat
import tarfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import zstandard
from django.utils.translation import gettext as _

from ops.backups.archive.layout import BLOCK, DATABASE, FORMAT, MANIFEST, MEDIA, SECRET_KEY, reading, shown
from ops.backups.archive.media import files_below, owner_of
from ops.backups.database import Beat
from ops.backups.room import BackupError, Syncing, Watch

#: Zstandard's own default: a database becomes a quarter or less, about as fast as a disk writes.
LEVEL = 3


def write(file: BinaryIO, *, database: Path, secret_key: Path, media: Path, facts: dict, beat: Beat) -> dict:
    """Write an archive into `file` (as `exports.files.written_whole` gives it). Returns the manifest.

    Arguments: a `database` that nobody has open; paths of the `secret_key` and the folder `media`, which need not
    exist; further `facts` for the manifest. Files that vanish meanwhile, and which no row refers to, are left out.

    Raises BackupError for a file that cannot be read, or is missing.
    """
    os.fchmod(file.fileno(), 0o600)
    members, vanished = [], []
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    with (
        compressor.stream_writer(_Watched(file), closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", bufsize=BLOCK, format=tarfile.PAX_FORMAT) as tar,
    ):
        members.append(_add(tar, DATABASE, database, beat))
        if secret_key.exists():
            members.append(_add(tar, SECRET_KEY, secret_key, beat))
        for name, path in files_below(media):
            member = _add(tar, f"{MEDIA}/{name}", path, beat)
            if member is not None:
                members.append(member)
            elif not path.exists():
                vanished.append(name)
        _require_no_row(media, vanished)
        manifest = {"format": FORMAT, **facts, "database": members[0], "members": members}
        _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
    return manifest


def _require_no_row(media, vanished):
    """Raise BackupError where a row still refers to one of these files: it is not the end of an export."""
    for name in vanished:
        if row := owner_of(name):
            what = row._meta.verbose_name
            raise BackupError(
                _(
                    "%(file)s is missing, and the %(kind)s %(number)s refers to it. Bring it back from an earlier "
                    "backup or delete that %(kind)s; then try again."
                )
                % {"file": shown(media / name), "kind": what, "number": row.pk}
            )


def _add(tar, name, path, beat):
    """Add a file. Returns its entry for the manifest; None where it is gone, or is none (a pipe, a socket)."""
    try:
        with reading(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe must not keep us waiting
    except FileNotFoundError:
        return None
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = status.st_size, status.st_mtime, 0o600
        hashing = _Hashing(path, file, beat)
        try:
            tar.addfile(info, hashing)
        except OSError as error:
            if hashing.size < info.size and "unexpected end" in str(error):
                raise BackupError(
                    _("%(path)s became shorter while it was read. Try again.") % {"path": shown(path)}
                ) from error
            raise
    return {"name": name, "size": info.size, "sha256": hashing.digest.hexdigest()}


def _add_bytes(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, BytesIO(data))


# ---- how


class _Hashing:
    """A file that is read: hashes what passes."""

    def __init__(self, path, file, beat):
        self.path, self.file, self.beat = path, file, beat
        self.digest, self.size = hashlib.sha256(), 0

    def read(self, size):
        with reading(self.path):
            data = self.file.read(size)
        self.digest.update(data)
        self.size += len(data)
        self.beat(len(data))
        return data


class _Watched:
    """A file that is written: watches the room on its disk, and brings it there bit by bit."""

    def __init__(self, file):
        self.file = file
        self.watch = Watch(Path(file.name).parent, _("the backup"))
        self.syncing = Syncing(file.fileno(), file.flush)

    def write(self, data):
        self.watch(len(data))
        self.syncing(len(data))
        return self.file.write(data)

    def flush(self):
        self.file.flush()
