import hashlib
import zlib

#: The highest level whose work, beside the thread that reads, costs no time of its own: measured on a million tasks, 4
#: takes 0.9 s while the database needs 1.2 s. 6 would take 2.3 s and save a tenth of the size.
COMPRESSION = 4


class Output:
    """A buffered binary file, written once, front to back: counted, hashed, and gzipped where asked.

    Deterministic: the gzip header has neither a time nor a name (RFC 1952).
    """

    def __init__(self, file, gzip=False):
        self._file = file
        self._gzip = zlib.compressobj(COMPRESSION, zlib.DEFLATED, 16 + zlib.MAX_WBITS) if gzip else None
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data):
        """Write bytes; returns how many were taken, like a file. The interpreter is released meanwhile."""
        self._write(self._gzip.compress(data) if self._gzip else data)
        return len(data)

    def flush(self):
        """For `zipfile`; nothing is held back here except by gzip, which ends in `close`."""

    def close(self):
        if self._gzip:
            self._write(self._gzip.flush())

    @property
    def sha256(self):
        return self._hash.hexdigest()

    def _write(self, data):
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)
