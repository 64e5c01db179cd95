"""One statement counts what is not done of all kinds."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import census
from jobs.models import Status
from jobs.sweep import kinds
from tests.kinds.models import Errand, Note
from tests.ops.screens import failed, make_job
from tests.plans import steps

pytestmark = pytest.mark.django_db


def groups(now=None):
    return {(group.kind, group.status): group for group in census.take(kinds(), now or timezone.now())}


def test_it_works(django_assert_num_queries):
    now = timezone.now()
    first, second = make_job(Note, Status.PENDING, ago=3), make_job(Note, Status.PENDING, ago=2)
    Note.objects.filter(pk=second.pk).update(run_after=now + timedelta(hours=1))
    failed(Errand)
    for status in (Status.DONE, Status.CANCELLED):
        make_job(Errand, status)
    with django_assert_num_queries(1):
        found = groups(now)
    assert set(found) == {(Note, "pending"), (Errand, "failed")}
    waiting = found[Note, "pending"]
    assert (waiting.number, waiting.oldest, waiting.due, waiting.due_since) == (2, first.created_at, 1, first.run_after)
    assert waiting.is_counted


def test_what_is_not_due_is_due_since_never():
    job = make_job(Note, Status.PENDING)
    found = groups(job.run_after - timedelta(seconds=1))[Note, "pending"]
    assert (found.number, found.due, found.due_since) == (1, 0, None)


def test_of_very_many_the_oldest_are_counted(monkeypatch):
    monkeypatch.setattr(census, "ENOUGH", 3)
    monkeypatch.setattr(census, "_counts", census._counts.__wrapped__)  # the cached one has another limit
    jobs = [make_job(Note, Status.PENDING, ago=minutes) for minutes in (1, 2, 3, 4)]
    found = groups()[Note, "pending"]
    assert (found.number, found.is_counted, found.oldest) == (3, False, jobs[-1].created_at)


def test_the_newest_of_each_kind_after_a_moment_are_found(django_assert_num_queries):
    moment = make_job(Errand, ago=2).created_at
    newest = [make_job(Errand, ago=1), make_job(Note, ago=0)][::-1]
    make_job(Errand, ago=1.5)
    make_job(Note, ago=1)
    with django_assert_num_queries(1):
        found = census.newest_after([Note, Errand], moment)
    assert found == [(type(job), job.pk, job.created_at) for job in newest]
    assert census.newest_after([Note, Errand], timezone.now()) == []


def test_the_first_jobs_of_a_request_are_found(django_assert_num_queries):
    notes = [make_job(Note, ago=minutes, request_id="mine") for minutes in (3, 2, 1)]
    errand = make_job(Errand, request_id="mine")
    make_job(Errand, request_id="another's")
    with django_assert_num_queries(1):
        found = census.caused_by([Errand, Note], "mine", 2)
    assert found == [(type(job), job.pk, job.created_at) for job in (errand, *notes[:2])]


def test_no_kinds_have_no_jobs():
    now = timezone.now()
    assert census.take([], now) == census.newest_after([], now) == census.caused_by([], "mine", 2) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
@pytest.mark.parametrize(
    ("index", "look"),
    {
        "_not_done": lambda: census.take(kinds(), timezone.now()),
        "_by_age": lambda: census.newest_after(kinds(), timezone.now()),
        "_request": lambda: census.caused_by(kinds(), "mine", 20),
    }.items(),
)
def test_it_reads_no_more_than_it_must(index, look):
    with CaptureQueriesContext(connection) as captured:
        look()
    reads = [step for step in steps(captured[0]["sql"]) if step.startswith(("SEARCH", "SCAN"))]
    of_tables = [step for step in reads if not step.startswith("SCAN jobs")]
    assert len(of_tables) >= len(kinds())
    assert all(index in step for step in of_tables), of_tables
