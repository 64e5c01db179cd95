"""The members of an archive that anybody may have written: nothing that it says claims memory, time or room unseen.

What is refused before it is read: headers longer than any of ours, several of them for one member, those for all
members, sparse files, links, devices; sizes below nothing (CVE-2025-8194), and more members than there are files
anywhere. Who unpacks them looks at each size, and at the room on the disk. Zstandard itself refuses a frame that wants
a larger window than WINDOW.
"""

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import zstandard
from django.utils.translation import gettext as _

from ops.backups.archive.layout import BLOCK, Damaged, reading, shown
from ops.backups.room import BackupError

#: Bytes of a header that tells a long name (pax, POSIX.1-2017; or GNU's): a path on Linux has 4096. Python looks
#: through it in quadratic time before 3.11.10 (CVE-2024-6232).
LONGEST_HEADER = 16 * 1024
EXTENDED = (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME)
PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
MOST_MEMBERS = 1_000_000
#: Bytes that no file has.
TOO_LARGE = 2**63
#: Bytes that a compressor may want us to look back: what `zstd --ultra -22` does, and the library's own limit.
WINDOW = 128 * 1024 * 1024


class Refused(Exception):
    """What the archive says of a member is nothing that we would have written; the message ends a sentence."""


class _Header(tarfile.TarInfo):
    def _proc_member(self, tar):
        """Called with each header before what follows it is read."""
        if self.type not in (*PLAIN, *EXTENDED):
            raise Refused(_("%(member)s is no plain file.") % {"member": shown(self.name)})
        if self.size < 0:
            raise Refused(_("%(member)s tells a size below nothing.") % {"member": shown(self.name)})
        if self.type in EXTENDED and (self.size > LONGEST_HEADER or tar.is_extended):
            raise Refused(
                _("it has longer headers (type %(type)s, %(size)s bytes) than any of ours.")
                % {"type": self.type.decode(), "size": f"{self.size:,}"}
            )
        tar.is_extended = self.type in EXTENDED
        return super()._proc_member(tar)

    def _proc_gnusparse_10(self, *args):
        """The only form of a sparse file whose map is read from its data."""
        raise Refused(_("it holds a sparse file."))


class _Tar(tarfile.TarFile):
    tarinfo = _Header
    #: Whether the header before was one that belongs to the next.
    is_extended = False


@contextmanager
def members_of(archive: Path) -> Iterator[Iterator[tuple[tarfile.TarInfo, IO[bytes]]]]:
    """Gives an iterator of (TarInfo, file) of the plain files in the archive at this path. Raises Damaged, and
    BackupError where the archive is gone or cannot be read."""
    try:
        with reading(archive):
            source = archive.open("rb")
    except FileNotFoundError as error:
        raise BackupError(_("There is no %(archive)s any more.") % {"archive": archive}) from error
    decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    with source:
        try:
            with (
                decompressor.stream_reader(_Source(archive, source), read_size=BLOCK, closefd=False) as unpacked,
                _Tar.open(fileobj=unpacked, mode="r|", bufsize=BLOCK) as tar,
            ):
                yield _each(tar)
        except Refused as error:
            raise Damaged(
                _("%(name)s is no backup of Roost: %(error)s") % {"name": archive.name, "error": error}
            ) from error
        except (zstandard.ZstdError, tarfile.TarError, EOFError, zlib.error) as error:
            raise Damaged(
                _("%(name)s is damaged, or no backup of Roost: %(error)s.") % {"name": archive.name, "error": error}
            ) from error


def _each(tar):
    for __ in range(MOST_MEMBERS):
        try:
            info = tar.next()
        except ValueError as error:  # a number in a header that is none
            raise Refused(_("its headers cannot be read.")) from error
        if info is None:
            return
        tar.members.clear()  # it would keep them all
        if info.issparse() or not 0 <= info.size < TOO_LARGE:
            raise Refused(_("the size of %(member)s is no file's.") % {"member": shown(info.name)})
        yield info, tar.extractfile(info)
    raise Refused(_("it holds more than %(number)s files.") % {"number": f"{MOST_MEMBERS:,}"})


class _Source:
    """The archive as it is read."""

    def __init__(self, path, file):
        self.path, self.file = path, file

    def read(self, size):
        with reading(self.path):
            return self.file.read(size)
