"""One archive: a tar file compressed with Zstandard (RFC 8878), which `tar --zstd -xf` opens without Roost.

    roost.sqlite3     the copy of the database
    secret_key        the generated key, where the installation has one
    media/…           the files
    manifest.json     versions, rows of each table, size and SHA-256 of each member

The manifest comes last: what it tells is known only then, and an archive that was cut short has none.

layout.py   the names above, and what is said of an archive or a file that is not as it should be
media.py    the files below DATA_DIR/media
writer.py   write
reader.py   unpack, unpack_database: hold everything against the manifest
members.py  tar's members, of an archive that anybody may have written
"""

from ops.backups.archive.layout import DATABASE, MANIFEST, MEDIA, SECRET_KEY, Damaged
from ops.backups.archive.media import files_below, size_below
from ops.backups.archive.reader import unpack, unpack_database
from ops.backups.archive.writer import write

__all__ = [
    "DATABASE",
    "MANIFEST",
    "MEDIA",
    "SECRET_KEY",
    "Damaged",
    "files_below",
    "size_below",
    "unpack",
    "unpack_database",
    "write",
]
