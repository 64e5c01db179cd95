"""Which tracebacks a kill test takes for explained."""

from datetime import UTC, datetime

from bench.chaos.injuries import Inflicted
from bench.chaos.proof.log import check, traces

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()

LOG = """\
2026-03-01T12:00:00.000Z INFO    [web] web: GET / 200 3ms request_id=abc
2026-03-01T12:00:01.000Z ERROR   [emails] jobs: What a pity
    Traceback (most recent call last):
      File "x.py", line 3, in f
        raise OperationalError("database is locked")
    django.db.utils.OperationalError: database is locked
2026-03-01T12:00:02.000Z INFO    [web] web: GET / 200 3ms
2026-03-01T12:00:09.000Z ERROR   [emails] jobs: Again
    Traceback (most recent call last):
      File "x.py", line 3, in f
        1 / 0
    ZeroDivisionError: division by zero
"""


def test_it_works():
    first, second = traces(LOG)
    assert (first.at, first.raised) == (NOON + 1, "django.db.utils.OperationalError: database is locked")
    assert (second.at, second.raised) == (NOON + 9, "ZeroDivisionError: division by zero")
    assert second.line.endswith("jobs: Again")


def test_only_an_injury_of_that_time_explains():
    lock = Inflicted("hold write lock", NOON, NOON + 5)
    assert [words.splitlines()[0] for words in check(LOG, [lock]).wrong] == ["1 × ZeroDivisionError: division by zero"]
    earlier = Inflicted("hold write lock", NOON - 100, NOON - 90)
    assert len(check(LOG, [earlier]).wrong) == 2
    assert len(check(LOG, [Inflicted("kill web", NOON, NOON + 5)]).wrong) == 2
