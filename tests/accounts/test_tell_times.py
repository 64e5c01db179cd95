"""Durations as people say them."""

from datetime import timedelta

import pytest

from accounts.templatetags.times import duration


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
