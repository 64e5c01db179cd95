"""Time zones whose midnight falls into the run, as a database of their own that Python reads (PYTHONTZPATH)."""

import os
import struct
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAY = 86400
#: Before and after the moment at which clocks in Chaos/Gap are put from 24:00 to 01:00: a day without a midnight, as
#: Beirut, Asunción and Havana have had.
LEAP = 3600


def write(folder: Path, midnight: float, gap: float) -> str:
    """Write Chaos/Midnight and Chaos/Gap into `folder`, whose midnights are these moments (seconds since 1970).

    Returns a PYTHONTZPATH with them and with all that this machine knows.
    """
    (folder / "Chaos").mkdir(parents=True)
    offset = offset_at(midnight)
    (folder / "Chaos" / "Midnight").write_bytes(tzif([offset], []))
    offset = offset_at(gap)
    (folder / "Chaos" / "Gap").write_bytes(tzif([offset, offset + LEAP], [int(gap)]))
    return os.pathsep.join([str(folder), *zoneinfo.TZPATH])


def offset_at(midnight: float) -> int:
    """Seconds east of Greenwich where it is midnight at that moment, between −12 and +12 hours."""
    seconds = int(midnight) % DAY
    return -seconds if seconds <= DAY // 2 else DAY - seconds


def local_day(moment: float, midnight: float, *, leaps=False):
    """The date at a moment where `midnight` is one: computed from seconds alone, without a time zone database."""
    offset = offset_at(midnight) + (LEAP if leaps and moment >= int(midnight) else 0)
    return (datetime.fromtimestamp(moment, UTC) + timedelta(seconds=offset)).date()


def tzif(offsets: list[int], moments: list[int]) -> bytes:
    """A time zone file (RFC 9636, version 1): `offsets` from UTC in seconds, and the moments between them."""
    name = b"CHAOS\0"
    header = struct.pack(">4s16x6l", b"TZif", 0, 0, 0, len(moments), len(offsets), len(name))
    transitions = struct.pack(f">{len(moments)}l{len(moments)}B", *moments, *range(1, len(moments) + 1))
    return header + transitions + b"".join(struct.pack(">lBB", offset, 0, 0) for offset in offsets) + name
