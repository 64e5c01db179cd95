"""Moments and durations as people say them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from accounts.templatetags.times import duration, local_time, relative_time

NOW = datetime(2026, 11, 20, 13, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.02, "20 ms"),
        (1.24, "1.2 s"),
        (12, "12 s"),
        (89, "89 s"),
        (300, "5 min"),
        (12_600, "3.5 h"),
    ],
)
def test_it_works(seconds, words):
    assert duration(timedelta(seconds=seconds)) == words


def test_nothing_for_none():
    assert duration(None) == ""


def test_the_exact_time_is_in_the_readers_zone():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        words = local_time(timezone.localtime(NOW))
    assert words == (
        '<time datetime="2026-11-20T14:05:09+01:00" title="Friday, 20 November 2026, 14:05:09 CET">'
        "20 Nov 2026, 14:05</time>"
    )


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=3), "3\xa0minutes ago"),
        (timedelta(hours=5), "5\xa0hours ago"),
        (timedelta(days=1), "19 Nov 2026, 13:05"),
        (timedelta(minutes=-5), "20 Nov 2026, 13:10"),
    ],
)
def test_what_was_just_now_is_told_by_its_age(ago, words):
    with time_machine.travel(NOW, tick=False):
        told = relative_time(NOW - ago)
    assert f">{words}</time>" in told
    assert 'title="' in told


def test_no_moment_no_words():
    assert local_time(None) == relative_time(None) == ""
