"""A log file that several processes write and one may read: lines never interleave, and it never grows beyond a size.

roost.jsonl ──full──► roost.jsonl.1 ──► … ──► roost.jsonl.4 ──► gone
"""

import fcntl
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

#: Files that are kept, the one that grows included.
FILES = 5
#: Seconds between two looks at the file: at its size, and whether it still is the one at its path.
LOOK = 1

logger = logging.getLogger("log")


class SharedFileHandler(logging.Handler):
    """Appends each line by one write(2), which O_APPEND lets stand whole beside those of other processes.

    What keeps it from writing is told once on the other handlers, and tried again: a full disk costs lines in the file,
    and nothing else. Arguments: `filename`, made with its folder where it is missing; `size`, the bytes that all files
    together may take, and a little more (what is written between two looks).
    """

    def __init__(self, filename, size: int):
        super().__init__()
        self.path = Path(filename)
        self.limit = size // FILES
        self._file = self._opened = None  # its descriptor, and what fstat(2) said of it
        self._next_look = 0.0
        self._may_be_torn = self._is_in_trouble = False

    def emit(self, record):
        try:
            line = self.format(record).encode() + b"\n"
        except Exception:  # noqa: BLE001 (as every handler: a wrong call of the logger is shown, not raised)
            self.handleError(record)
            return
        try:
            self._write(line)
        except OSError as error:
            self._tell(error)

    def _write(self, line):
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK
            self._look()
        if self._file is None:
            return
        # What a full disk has cut off, of ours or of another process, must not spoil the line after it.
        whole = b"\n" + line if self._may_be_torn else line
        self._may_be_torn = os.write(self._file, whole) < len(whole)
        self._is_in_trouble = False

    def _look(self):
        status = _status(self.path)
        if status and status.st_size >= self.limit:
            rotate(self.path, self.limit)
            status = _status(self.path)
        if self._file is not None and (status is None or not os.path.samestat(status, self._opened)):
            self._close()
        if self._file is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._opened = os.fstat(self._file)

    def _tell(self, error):
        self._may_be_torn = True
        if not self._is_in_trouble:
            self._is_in_trouble = True
            logger.warning("%s cannot be written: %s. Lines are missing in it until it can.", self.path, error.strerror)

    def _close(self):
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def close(self):
        with self.lock:
            self._close()
            self._next_look = 0.0
        super().close()


def rotate(path: Path, limit: int):
    """Move the file at `path` aside where it has `limit` bytes; the oldest one goes. One process does it."""
    # Opened for this: a lock belongs to what open(2) made (flock(2)), and forked processes share what the handler has.
    # Where another process has the lock, or has just moved the file, there is nothing left to do.
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = path.stat()
        if not os.path.samestat(status, os.fstat(file.fileno())) or status.st_size < limit:
            return
        for number in range(FILES - 2, 0, -1):
            with suppress(FileNotFoundError):
                os.replace(f"{path}.{number}", f"{path}.{number + 1}")
        os.replace(path, f"{path}.1")  # last: there is no new file to rotate before this is over


def kept(path: Path) -> list[Path]:
    """Where its files are, or would be, the newest first."""
    return [path, *(Path(f"{path}.{number}") for number in range(1, FILES))]


def _status(path):
    try:
        return path.stat()
    except FileNotFoundError:
        return None
