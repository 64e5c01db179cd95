"""One worker takes a job, once it is due."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jobs import worker
from jobs.models import Status
from tests.jobs.threads import claim_together
from tests.kinds.models import Errand

pytestmark = pytest.mark.django_db


def test_it_works():
    errand = Errand.objects.create(action="answer", argument="words")
    before = timezone.now()
    claimed = Errand.objects.claim(errand.pk)
    after = timezone.now()
    assert (claimed.pk, claimed.action, claimed.argument) == (errand.pk, "answer", "words")
    errand.refresh_from_db()
    for job in (claimed, errand):
        assert (job.status, job.attempt, job.worker) == (Status.RUNNING, 1, worker.identity())
        assert before <= job.started_at <= after
        assert job.lease_until == job.started_at + Errand.lease
        assert job.finished_at is None


def test_a_job_is_claimed_once():
    errand = Errand.objects.create()
    assert Errand.objects.claim(errand.pk)
    assert Errand.objects.claim(errand.pk) is None
    errand.refresh_from_db()
    assert errand.attempt == 1


def test_a_job_is_not_claimed_before_its_time(time_machine):
    time_machine.move_to("2026-11-23T12:00Z", tick=False)
    errand = Errand.objects.create(run_after=timezone.now() + timedelta(seconds=1))
    assert Errand.objects.claim(errand.pk) is None
    time_machine.shift(1)
    assert Errand.objects.claim(errand.pk)


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED, Status.CANCELLED])
def test_a_job_that_has_ended_is_not_claimed(status):
    errand = Errand.objects.create(status=status)
    assert Errand.objects.claim(errand.pk) is None
    errand.refresh_from_db()
    assert (errand.status, errand.attempt) == (status, 0)


def test_a_job_that_is_gone_is_not_claimed():
    assert Errand.objects.claim(12345) is None


def test_another_attempt_starts_afresh():
    errand = Errand.objects.create()
    Errand.objects.filter(pk=errand.pk).update(
        attempt=2, error="It broke.", progress=7, total=9, finished_at=timezone.now(), worker="elsewhere:1:1"
    )
    job = Errand.objects.claim(errand.pk)
    assert (job.attempt, job.error, job.progress, job.finished_at) == (3, "", 0, None)
    assert job.worker == worker.identity()


def test_only_the_job_itself_is_claimed():
    errand, other = Errand.objects.create(), Errand.objects.create()
    Errand.objects.claim(errand.pk)
    other.refresh_from_db()
    assert (other.status, other.attempt) == (Status.PENDING, 0)


@pytest.mark.django_db(transaction=True)
def test_of_many_claimants_one_wins_in_postgresql(waiting_queues):
    if connection.vendor != "postgresql":
        pytest.skip("threads cannot share SQLite's database in memory: test_compete_for_rows has one in a file")
    claim_together()
