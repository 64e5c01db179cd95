"""The lines of a request or a job, found in the log files of the data folder."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from jobs.log import encode
from jobs.log.files import kept

#: Bytes that are looked at together: what a search takes of memory.
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class LogLine:
    time: datetime
    level: str
    logger: str
    program: str
    message: str
    request_id: str = ""
    job: str = ""
    attempt: int | None = None
    user: int | None = None
    organization: int | None = None
    traceback: str = ""


def lines(request_id: str = "", job: str = "", limit: int = 200, since: datetime | None = None) -> list[LogLine]:
    """The last `limit` lines that carry the `request_id` or, and, the `job` (`exports.exportjob:12`), oldest first.

    `since`: files that were written last before it are not read. Lines that are older than the files kept, or that a
    full disk has cut off, are not found; without LOG_KEEP none are. Raises ValueError where neither id is given.
    """
    wanted = {name: value for name, value in (("request_id", request_id), ("job", job)) if value}
    if not wanted:
        raise ValueError("Give a request_id, a job, or both.")
    # As the formatter writes it. What a user wrote cannot look like it: its quotation marks are escaped.
    needle = encode(dict([next(iter(wanted.items()))]))[1:-1].encode()
    found, seen = [], set()
    for path in kept(settings.LOG_FILE):
        with suppress(OSError), path.open("rb") as file:  # not there, moved meanwhile, or not ours to read
            status = os.fstat(file.fileno())
            if status.st_ino in seen or (since and status.st_mtime < since.timestamp()):
                continue
            seen.add(status.st_ino)  # it may be moved to the next name while we look
            for line in _lines_with(needle, file, status.st_size):
                entry = _parse(line)
                if entry and all(getattr(entry, name) == value for name, value in wanted.items()):
                    found.append(entry)
                    if len(found) == limit:
                        return found[::-1]
    return found[::-1]


def _lines_with(needle: bytes, file, end: int) -> Iterator[bytes]:
    """The whole lines that hold the needle, in the first `end` bytes of the file, the last one first."""
    tail = b""  # the line of which the block has only the beginning, or none of it
    while end:
        start = max(end - BLOCK, 0)
        file.seek(start)
        block = file.read(end - start) + tail
        # The first line is whole only at the start of the file.
        whole = block.find(b"\n") + 1 if start else 0
        if start and not whole:
            tail, end = block, start
            continue
        at = len(block)
        while (at := block.rfind(needle, whole, at)) >= 0:
            first = block.rfind(b"\n", whole, at) + 1 or whole
            last = block.find(b"\n", at)
            yield block[first : last if last >= 0 else len(block)]
            at = first
        tail, end = block[:whole], start


def _parse(line: bytes) -> LogLine | None:
    """None for what is no line of ours: one that was cut off, by a full disk or because it is being written."""
    try:
        fields = json.loads(line)
        return LogLine(**{**fields, "time": datetime.fromisoformat(fields["time"])})
    except (ValueError, TypeError, KeyError):
        return None
