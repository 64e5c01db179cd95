import errno
import hashlib
import json
import os
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from ops.backups.archive.layout import BLOCK, DATABASE, FORMAT, MANIFEST, MEDIA, SECRET_KEY, Damaged, shown
from ops.backups.archive.members import members_of
from ops.backups.database import Beat
from ops.backups.room import BackupError, Syncing, Watch, require

#: Bytes that the manifest may have beside those for each member's name.
MANIFEST_SIZE, ENTRY_SIZE = BLOCK, 300
#: Folders in each other: what makes and removes them calls itself for each.
DEEPEST = 32


def unpack(archive: Path, folder: Path, *, database: Path, beat: Beat) -> dict:
    """Unpack an archive into the existing `folder`, its database to the path `database`, and hold all of it against
    its manifest, which is returned.

    Raises Damaged; NoRoom before the disk is full; BackupError for an archive of a later form.
    """
    watch = Watch(folder, _("the unpacked backup"))
    found, manifest = {}, None
    with members_of(archive) as members:
        for info, file in members:
            if manifest is not None or info.name in found:
                raise Damaged(
                    _("%(archive)s is no backup of Roost: %(member)s stands where it does not belong.")
                    % {"archive": archive.name, "member": shown(info.name)}
                )
            if info.name == MANIFEST:
                manifest = _read_manifest(file, info, found)
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
    with members_of(archive) as members:
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
def _odd_names_in_words(archive, info):
    """Turn what a member's name leads to, that none of ours has, into Damaged."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG):
            raise Damaged(
                _("%(archive)s is no backup of Roost: it holds %(member)s.")
                % {"archive": archive.name, "member": shown(info.name)}
            ) from error
        raise


def _extract(file, target, beat) -> dict:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as copy:
        syncing = Syncing(descriptor, copy.flush)
        while block := file.read(BLOCK):
            copy.write(block)
            digest.update(block)
            size += len(block)
            syncing(len(block))
            beat(len(block))
    return {"size": size, "sha256": digest.hexdigest()}


def _safe(info, archive) -> PurePosixPath:
    """The path of a member below the folder. Raises Damaged for any that we would not have written."""
    path = PurePosixPath(info.name)
    known = path.parts == (SECRET_KEY,) or (len(path.parts) > 1 and path.parts[0] == MEDIA)
    if not known or ".." in path.parts or "\0" in info.name or len(path.parts) > DEEPEST:
        raise Damaged(
            _("%(archive)s is no backup of Roost: it holds %(member)s.")
            % {"archive": archive.name, "member": shown(info.name)}
        )
    return path


def _read_manifest(file, info, found) -> dict:
    # What JSON can be made of takes many times its size in memory. (JSON writes a character in six at most.)
    if info.size > MANIFEST_SIZE + sum(ENTRY_SIZE + 6 * len(name) for name in found):
        raise Damaged(_("The manifest is longer than that of so many files can be."))
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
            % {"archive": archive.name, "member": shown(wrong[0]), "number": len(wrong)}
        )
    if DATABASE not in told:
        raise Damaged(_("%(archive)s holds no database.") % {"archive": archive.name})
