"""The parts of the installation together: what the whole is worth, and what looking costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Outcome
from jobs.sweep import kinds
from ops import health
from ops.health import Verdict
from tests.kinds.models import Note
from tests.mail.letters import write
from tests.ops.health.looking import attempt, look
from tests.plans import explain

pytestmark = pytest.mark.django_db

SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's")


def test_it_works():
    found = {part.name: part for part in health.parts()}
    expected = {
        "database",
        "consumer:emails",
        "consumer:exports",
        "queue:emails",
        "queue:exports",
        "schedules",
        "outbox",
    }
    assert found.keys() >= expected
    assert {part.verdict for part in found.values() if part.name != "disk"} == {Verdict.OK}
    assert not any(part.remedy for part in found.values() if part.verdict == Verdict.OK)
    assert health.worst(found.values()) == max(part.verdict for part in found.values())
    assert [found[name].title for name in ("consumer:emails", "database")] == ["Consumer: emails", "Database"]


def test_the_worst_verdict_is_that_of_the_whole():
    assert Verdict.OK < Verdict.WARNING < Verdict.RED
    assert max(Verdict.RED, Verdict.WARNING, Verdict.OK) == Verdict.RED
    assert health.worst([]) == Verdict.OK


# ---- the database


def test_a_part_that_cannot_be_looked_at_is_red_and_no_other_one_is(monkeypatch):
    monkeypatch.setattr("ops.health.disk.os.statvfs", lambda folder: 1 / 0)
    assert look("disk").verdict == Verdict.RED
    assert look("disk").words == "It could not be looked at: ZeroDivisionError: division by zero"
    assert look("database").verdict == Verdict.OK


# ---- what looking costs


def test_it_takes_a_fixed_number_of_queries(django_assert_num_queries):
    Note.objects.create()
    attempt(Outcome.RETRIED, "cannot be reached")
    write()
    with CaptureQueriesContext(connection) as few:
        health.parts()
    Note.objects.bulk_create([Note() for _ in range(50)])
    for number in range(20):
        attempt(Outcome.RETRIED, "cannot be reached", ago=timedelta(minutes=number))
        write()
    with django_assert_num_queries(len(few)):
        health.parts()
    assert not [query["sql"] for query in few if not query["sql"].startswith(("SELECT", "PRAGMA", "SET", "RESET"))]


@SQLITE
def test_it_reads_no_job_that_is_done():
    with CaptureQueriesContext(connection) as queries:
        health.parts()
    tables = {kind._meta.db_table for kind in kinds()}
    for query in queries:
        if any(f'FROM "{table}"' in query["sql"] for table in tables):
            plan = explain(query["sql"])
            assert "_not_done" in plan, (query["sql"], plan)
            assert "TEMP B-TREE" not in plan, (query["sql"], plan)


def test_whoever_asks_often_hears_the_same_again(monkeypatch):
    monkeypatch.setattr(health, "_latest", health.Latest())
    first = health.latest()
    assert health.latest() is first
    monkeypatch.setattr(health._latest, "until", 0)
    assert health.latest() is not first


def test_while_somebody_looks_the_others_hear_what_was_before(monkeypatch):
    monkeypatch.setattr(health, "_latest", health.Latest())
    before = health.latest()
    monkeypatch.setattr(health._latest, "until", 0)
    with health._latest.lock:
        assert health.latest() is before
