"""One archive: a tar file compressed with Zstandard (RFC 8878), which `tar --zstd -xf` opens without Roost.

    roost.sqlite3     the copy of the database
    secret_key        the generated key, where the installation has one
    media/…           the files
    manifest.json     versions, rows of each table, size and SHA-256 of each member

The manifest comes last: what it tells is known only then, and an archive that was cut short has none.
"""

import errno
import hashlib
import json
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import zstandard
from django.utils.translation import gettext as _

from ops.backups.database import SYNC_EVERY, Beat
from ops.backups.room import BackupError, Watch, require

#: What the manifest's form is; a reader refuses a later one.
FORMAT = 1
DATABASE, SECRET_KEY, MEDIA, MANIFEST = "roost.sqlite3", "secret_key", "media", "manifest.json"
#: Zstandard's own default: a database becomes a quarter or less, about as fast as a disk writes.
LEVEL = 3
BLOCK = 1024 * 1024
#: No manifest is longer: it holds a line for each file.
LONGEST_MANIFEST = 256 * BLOCK
#: What a half-written draft of an export ends with.
DRAFT = ".tmp"


class Damaged(BackupError):
    """The archive is not what was written."""


# ---- writing


def write(file: BinaryIO, *, database: Path, secret_key: Path, media: Path, facts: dict, beat: Beat) -> dict:
    """Write an archive into `file` (as `exports.files.written_whole` gives it). Returns the manifest.

    Arguments: a `database` that nobody has open; paths of the `secret_key` and the folder `media`, which need not
    exist; further `facts` for the manifest. Files that vanish meanwhile are left out.
    """
    os.fchmod(file.fileno(), 0o600)
    members = []
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    with (
        compressor.stream_writer(_Syncing(file), closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", bufsize=BLOCK, format=tarfile.PAX_FORMAT) as tar,
    ):
        members.append(_add(tar, DATABASE, database, beat))
        if secret_key.exists():
            members.append(_add(tar, SECRET_KEY, secret_key, beat))
        for name, path in files_below(media):
            member = _add(tar, f"{MEDIA}/{name}", path, beat)
            if member is not None:
                members.append(member)
        manifest = {"format": FORMAT, **facts, "database": members[0], "members": members}
        _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
    return manifest


def files_below(media: Path) -> Iterator[tuple[str, Path]]:
    """The files in `media`, each with its name relative to it, in order. Links are followed: whoever moved a part of
    the data to another disk still wants it in the backup."""
    seen = set()
    for folder, folders, names in os.walk(media, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:  # a link that leads up
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if not name.endswith(DRAFT):
                yield path.relative_to(media).as_posix(), path


def size_below(media: Path) -> int:
    """Bytes of the files in `media`."""
    total = 0
    for __, path in files_below(media):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _add(tar, name, path, beat):
    """Add a file. Returns its entry for the manifest; None where it is gone, or is none (a pipe, a socket)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe must not keep us waiting
    except FileNotFoundError:
        return None
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = status.st_size, status.st_mtime, 0o600
        hashing = _Hashing(file, beat)
        try:
            tar.addfile(info, hashing)
        except OSError as error:
            if hashing.size < info.size and "unexpected end" in str(error):
                raise BackupError(
                    _("%(path)s became shorter while it was read. Try again.") % {"path": path}
                ) from error
            raise
    return {"name": name, "size": info.size, "sha256": hashing.digest.hexdigest()}


def _add_bytes(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, BytesIO(data))


# ---- reading


def unpack(archive: Path, folder: Path, *, database: Path, beat: Beat) -> dict:
    """Unpack an archive into the existing `folder`, its database to the path `database`, and hold all of it against
    its manifest, which is returned.

    Raises Damaged; NoRoom before the disk is full; BackupError for an archive of a later form.
    """
    watch = Watch(folder, _("the unpacked backup"))
    found, manifest = {}, None
    with _members(archive) as members:
        for info, file in members:
            if manifest is not None or info.name in found:
                raise Damaged(
                    _("%(archive)s is no backup of Roost: %(member)s stands where it does not belong.")
                    % {"archive": archive.name, "member": info.name}
                )
            if info.name == MANIFEST:
                manifest = _read_manifest(file, info)
                continue
            target = database if info.name == DATABASE else folder / _safe(info, archive)
            require(target.parent if target == database else folder, info.size, _("the unpacked backup"))
            with _odd_names_in_words(archive, info):
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                found[info.name] = _extract(file, target, lambda size: (watch(size), beat(size)))
    _compare(archive, manifest, found)
    return manifest


def unpack_database(archive: Path, database: Path, *, sha256: str, beat: Beat):
    """Unpack only the database, which is the first member, to the path `database`. Raises Damaged, NoRoom."""
    watch = Watch(database.parent, _("the unpacked database"))
    with _members(archive) as members:
        for info, file in members:
            require(database.parent, info.size, _("the unpacked database"))
            entry = _extract(file, database, lambda size: (watch(size), beat(size)))
            if (info.name, entry["sha256"]) == (DATABASE, sha256):
                return
            break
    raise Damaged(
        _("%(archive)s is damaged: its database is not the one that was written.") % {"archive": archive.name}
    )


@contextmanager
def _members(archive):
    """Gives an iterator of (TarInfo, file)."""

    def each(tar):
        for info in tar:
            if not info.isreg():
                raise Damaged(
                    _("%(archive)s is no backup of Roost: %(member)s is no plain file.")
                    % {"archive": archive.name, "member": info.name}
                )
            yield info, tar.extractfile(info)

    with archive.open("rb") as file:
        try:
            with (
                zstandard.ZstdDecompressor().stream_reader(file, read_size=BLOCK, closefd=False) as unpacked,
                tarfile.open(fileobj=unpacked, mode="r|", bufsize=BLOCK) as tar,
            ):
                yield each(tar)
        except (zstandard.ZstdError, tarfile.TarError, EOFError, zlib.error) as error:
            raise Damaged(
                _("%(archive)s is damaged, or no backup of Roost: %(error)s.")
                % {"archive": archive.name, "error": error}
            ) from error


@contextmanager
def _odd_names_in_words(archive, info):
    """Turn what a member's name leads to, that none of ours has, into Damaged."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG):
            raise Damaged(
                _("%(archive)s is no backup of Roost: it holds %(member)s.")
                % {"archive": archive.name, "member": info.name[:200]}
            ) from error
        raise


def _extract(file, target, beat) -> dict:
    digest, size, unsynced = hashlib.sha256(), 0, 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as copy:
        while block := file.read(BLOCK):
            copy.write(block)
            digest.update(block)
            size += len(block)
            unsynced += len(block)
            if unsynced >= SYNC_EVERY:
                unsynced = 0
                copy.flush()
                os.fdatasync(descriptor)
            beat(len(block))
    return {"size": size, "sha256": digest.hexdigest()}


def _safe(info, archive) -> PurePosixPath:
    """The path of a member below the folder. Raises Damaged for any that we would not have written."""
    path = PurePosixPath(info.name)
    known = path.parts == (SECRET_KEY,) or (len(path.parts) > 1 and path.parts[0] == MEDIA)
    if not known or ".." in path.parts or "\0" in info.name:
        raise Damaged(
            _("%(archive)s is no backup of Roost: it holds %(member)s.")
            % {"archive": archive.name, "member": info.name}
        )
    return path


def _read_manifest(file, info) -> dict:
    if info.size > LONGEST_MANIFEST:
        raise Damaged(_("The manifest is longer than any of ours."))
    try:
        manifest = json.loads(file.read())
        version = manifest["format"]
        {member["name"]: (member["size"], member["sha256"]) for member in manifest["members"]}
        {table: int(rows) for table, rows in manifest["rows"].items()}
        [(app, name) for app, name in manifest["migrations"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(_("The manifest cannot be read.")) from error
    if version != FORMAT:
        raise BackupError(
            _("The backup has the form %(version)s, and this release knows %(own)s: it needs a newer Roost.")
            % {"version": version, "own": FORMAT}
        )
    return manifest


def _compare(archive, manifest, found):
    if manifest is None:
        raise Damaged(_("%(archive)s was cut short: it has no manifest.") % {"archive": archive.name})
    told = {member["name"]: {"size": member["size"], "sha256": member["sha256"]} for member in manifest["members"]}
    if wrong := sorted(name for name in told.keys() | found.keys() if told.get(name) != found.get(name)):
        raise Damaged(
            _("%(archive)s is damaged: %(member)s is not what was written (%(number)s such files).")
            % {"archive": archive.name, "member": wrong[0], "number": len(wrong)}
        )
    if DATABASE not in told:
        raise Damaged(_("%(archive)s holds no database.") % {"archive": archive.name})


# ---- how


class _Hashing:
    """A file that is read: hashes what passes."""

    def __init__(self, file, beat):
        self.file, self.beat = file, beat
        self.digest, self.size = hashlib.sha256(), 0

    def read(self, size):
        data = self.file.read(size)
        self.digest.update(data)
        self.size += len(data)
        self.beat(len(data))
        return data


class _Syncing:
    """A file that is written: watches the room on its disk, and brings it there bit by bit."""

    def __init__(self, file):
        self.file = file
        self.watch = Watch(Path(file.name).parent, _("the backup"))
        self.unsynced = 0

    def write(self, data):
        self.watch(len(data))
        self.unsynced += len(data)
        if self.unsynced >= SYNC_EVERY:
            self.unsynced = 0
            self.file.flush()
            os.fdatasync(self.file.fileno())
        return self.file.write(data)

    def flush(self):
        self.file.flush()
