"""Time zones whose midnight falls into a kill test, read by Python's own reader."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.chaos import zones
from jobs.models.recurring import next_slot

NOON = 1_800_000_000


def read(path):
    return ZoneInfo.from_file(io.BytesIO(path.read_bytes()))


def local(moment, zone):
    return datetime.fromtimestamp(moment, UTC).astimezone(zone)


def test_it_works(tmp_path):
    search_path = zones.write(tmp_path, NOON + 30, NOON + 40)
    assert search_path.startswith(f"{tmp_path}:")
    zone = read(tmp_path / "Chaos" / "Midnight")
    before, after = local(NOON + 29, zone), local(NOON + 30, zone)
    assert (before.hour, before.minute, before.second) == (23, 59, 59)
    assert (after.hour, after.minute, after.second) == (0, 0, 0)
    assert after.date() - before.date() == timedelta(days=1)


def test_the_gap_has_no_midnight_and_what_is_due_at_it_comes_all_the_same(tmp_path):
    zones.write(tmp_path, NOON, NOON + 40)
    zone = read(tmp_path / "Chaos" / "Gap")
    before, after = local(NOON + 39, zone), local(NOON + 40, zone)
    assert (before.hour, after.hour) == (23, 1)
    slot = next_slot("0 0 * * *", datetime.fromtimestamp(NOON, UTC), zone)
    assert NOON + 40 <= slot.timestamp() < NOON + 40 + zones.LEAP


@pytest.mark.parametrize("hours", [0, 1, 11, 12, 13, 23])
def test_days_are_those_of_the_zone(tmp_path, hours):
    midnight = NOON + hours * 3600 + 17
    zones.write(tmp_path, midnight, midnight)
    for name, leaps in (("Midnight", False), ("Gap", True)):
        zone = read(tmp_path / "Chaos" / name)
        for moment in (midnight - 1, midnight, midnight + 7200):
            assert zones.local_day(moment, midnight, leaps=leaps) == local(moment, zone).date()
