"""Cron lines in words: CronSim's in English, our own for the usual lines in other languages."""

import pytest
from django.utils import translation

from jobs.cron_words import explain

# The words between are still English here, for there is no German file of ours; Django's own has the days.
IN_GERMAN = {
    "* * * * *": "Every minute",
    "*/5 * * * *": "Every 5 minutes",
    "17 * * * *": "At minute 17 of every hour",
    "30 3 * * *": "At 03:30 every day",
    "0  9 * *  1": "At 09:00 on Montag",
    "0 9 * * 0": "At 09:00 on Sonntag",
    "0 9 * * 7": "At 09:00 on Sonntag",
    "0 4 1 * *": "At 04:00 on day 1 of every month",
}


def test_it_works():
    assert explain("30 3 * * *") == "At 03:30 every day"
    assert explain("0 9 L * *") == "At 09:00 on the last day of every month"


@pytest.mark.parametrize(("line", "words"), IN_GERMAN.items())
def test_the_usual_lines_have_words_in_any_language(line, words):
    with translation.override("de"):
        assert explain(line) == words


def test_an_unusual_line_is_named_as_it_is():
    with translation.override("de"):
        assert explain("0 9 L * *") == "By the line “0 9 L * *”"


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_no_line_has_no_words(language):
    with translation.override(language):
        assert explain("often") == ""
        assert explain("99 9 * * *") == ""
