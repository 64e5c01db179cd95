"""Slots where the clock is set back, or is wrong, or changes to summer and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from jobs.models.recurring import next_slot
from tests.jobs.slots import NOON, minutes, slots


def test_a_clock_that_was_wrong_by_decades_costs_no_time(declare, at):
    """A small computer without a battery starts in 1970 until the network tells it the time."""
    declare("tidy", "* * * * *")
    at(datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC))
    start = timezone.now()
    at(NOON)
    assert timezone.now() - start < timedelta(seconds=1)
    assert slots("tidy") == [NOON]


def test_a_clock_set_back_repeats_no_slot_and_loses_none(declare, at):
    declare("tidy", "*/10 * * * *")
    at(minutes(1), minutes(10), minutes(20))
    at(minutes(5), minutes(10), minutes(19), minutes(20), minutes(30))
    assert slots("tidy") == [minutes(10), minutes(20), minutes(30)]
    assert len(declare.ran) == 3


def test_a_clock_set_back_by_years_stops_no_schedule(declare, at):
    declare("tidy", "*/10 * * * *")
    at(NOON + timedelta(days=3650))
    at(minutes(1), minutes(10))
    assert slots("tidy") == [minutes(10)]


BERLIN = ZoneInfo("Europe/Berlin")


def local(line, start, end):
    """The slots of a line between two UTC moments, as Berlin's clocks show them."""
    found, moment = [], datetime.fromisoformat(start)
    while (moment := next_slot(line, moment)) <= datetime.fromisoformat(end):
        found.append(f"{moment.astimezone(BERLIN):%d %H:%M %Z}")
    return found


def test_a_slot_in_the_hour_that_is_left_out_comes_after_it(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    day = "2026-03-28T23:00Z", "2026-03-29T22:00Z"
    assert local("30 2 * * *", *day) == ["29 03:00 CEST"]
    assert local("30 1,3 * * *", *day) == ["29 01:30 CET", "29 03:30 CEST"]
    assert len(local("*/30 * * * *", *day)) == 46


def test_a_slot_in_the_hour_that_comes_twice_comes_once(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    day = "2026-10-24T22:00Z", "2026-10-25T23:00Z"
    assert local("30 2 * * *", *day) == ["25 02:30 CEST"]
    assert len(local("*/30 * * * *", *day)) == 50


def test_the_next_slot_is_later_in_the_second_coming_of_an_hour(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    second_two_o_clock = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert next_slot("1 1-3 * * *", second_two_o_clock) == datetime(2026, 10, 25, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(("day", "slot"), [(29, "2026-03-29T01:00Z"), (30, "2026-03-30T00:30Z")])
def test_a_schedule_runs_once_on_the_day_of_a_change(declare, at, settings, day, slot):
    settings.TIME_ZONE = "Europe/Berlin"
    declare("nightly", "30 2 * * *")
    start = datetime(2026, 3, day, 0, 5, tzinfo=BERLIN).astimezone(UTC)
    at(*(start + timedelta(minutes=15 * quarter) for quarter in range(4 * 20)))
    assert slots("nightly") == [datetime.fromisoformat(slot)]
