"""Cron lines in words. CronSim explains every line, in English only; other languages have words for the usual lines."""

import re

from cronsim import CronSim, CronSimError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, gettext, ngettext

MINUTE, HOUR = "(?P<minute>[0-9]{1,2})", "(?P<hour>[0-9]{1,2})"


def explain(line: str) -> str:
    """The line for people, such as “At 03:17 every day”; "" for one that cannot be read. In other languages than
    English a line that is none of the usual ones is named as it is."""
    try:
        in_english = CronSim(line, timezone.now()).explain()
    except CronSimError:
        return ""
    if (get_language() or "en").startswith("en"):
        return in_english
    for pattern, say in USUAL.items():
        if match := re.fullmatch(pattern, " ".join(line.split())):
            return say(**match.groupdict())
    return gettext("By the line “%(line)s”") % {"line": line}


def _every_minutes(step):
    return ngettext("Every minute", "Every %(count)d minutes", int(step)) % {"count": int(step)}


def _hourly(minute):
    return gettext("At minute %(minute)d of every hour") % {"minute": int(minute)}


def _daily(minute, hour):
    return gettext("At %(time)s every day") % {"time": _time(hour, minute)}


def _weekly(minute, hour, weekday):
    day = WEEKDAYS[(int(weekday) - 1) % 7]  # cron's week begins on Sunday, Django's on Monday
    return gettext("At %(time)s on %(weekday)s") % {"time": _time(hour, minute), "weekday": day}


def _monthly(minute, hour, day):
    return gettext("At %(time)s on day %(day)d of every month") % {"time": _time(hour, minute), "day": int(day)}


def _time(hour, minute):
    return f"{int(hour):02}:{int(minute):02}"


USUAL = {
    r"\* \* \* \* \*": lambda: _every_minutes(1),
    r"\*/(?P<step>[0-9]{1,2}) \* \* \* \*": _every_minutes,
    rf"{MINUTE} \* \* \* \*": _hourly,
    rf"{MINUTE} {HOUR} \* \* \*": _daily,
    rf"{MINUTE} {HOUR} \* \* (?P<weekday>[0-7])": _weekly,
    rf"{MINUTE} {HOUR} (?P<day>[0-9]{{1,2}}) \* \*": _monthly,
}
