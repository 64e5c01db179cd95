"""A running job says that it lives and how far it is, and hears what it must know."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.errors import Cancelled, Interrupted, LeaseLost, TimeLimitExceeded
from jobs.models.job import shutdown
from tests.kinds.models import Errand

pytestmark = pytest.mark.django_db


@pytest.fixture
def each_beat_counts(monkeypatch):
    """Every heartbeat is written, not only one each half second."""
    monkeypatch.setattr("jobs.models.job.HEARTBEAT_EVERY", 0)


@pytest.fixture
def errand(each_beat_counts):
    return Errand.objects.claim(Errand.objects.create().pk)


def test_it_works(errand, time_machine):
    time_machine.move_to(timezone.now() + timedelta(seconds=20), tick=False)
    errand.heartbeat(progress=3, total=10)
    row = Errand.objects.get(pk=errand.pk)
    assert (row.progress, row.total) == (3, 10)
    assert row.lease_until == timezone.now() + Errand.lease


def test_a_heartbeat_without_numbers_keeps_them(errand):
    errand.heartbeat(progress=3, total=10)
    errand.heartbeat()
    row = Errand.objects.get(pk=errand.pk)
    assert (row.progress, row.total) == (3, 10)


def test_many_heartbeats_cost_no_query(django_assert_num_queries):
    errand = Errand.objects.claim(Errand.objects.create().pk)
    with django_assert_num_queries(0):
        for number in range(1000):
            errand.heartbeat(progress=number)
    assert errand.progress == 999


def test_a_new_total_is_written_at_once(django_assert_num_queries):
    errand = Errand.objects.claim(Errand.objects.create().pk)
    with django_assert_num_queries(1):
        errand.heartbeat(progress=1, total=50)
        errand.heartbeat(progress=2, total=50)
    row = Errand.objects.get(pk=errand.pk)
    assert (row.progress, row.total) == (1, 50)


def test_a_cancelled_job_is_told(errand):
    Errand.objects.get(pk=errand.pk).cancel()
    with pytest.raises(Cancelled):
        errand.heartbeat()


def test_a_job_that_was_taken_over_is_told_and_leaves_the_row_alone(errand):
    Errand.objects.get(pk=errand.pk).release_dead("The worker was silent.")
    second = Errand.objects.claim(errand.pk)
    second.heartbeat(progress=5)
    with pytest.raises(LeaseLost):
        errand.heartbeat(progress=99)
    assert Errand.objects.get(pk=errand.pk).progress == 5


def test_a_job_whose_row_is_gone_is_told(errand):
    Errand.objects.filter(pk=errand.pk).delete()
    with pytest.raises(LeaseLost):
        errand.heartbeat()


def test_a_job_over_its_limit_is_told(monkeypatch):
    monkeypatch.setattr(Errand, "time_limit", timedelta(0))
    errand = Errand.objects.claim(Errand.objects.create().pk)
    with pytest.raises(TimeLimitExceeded, match="longer than its limit of 0 s"):
        errand.heartbeat()


def test_a_job_without_a_limit_is_not(monkeypatch):
    monkeypatch.setattr(Errand, "time_limit", None)
    Errand.objects.claim(Errand.objects.create().pk).heartbeat()


def test_a_job_is_told_of_the_shutdown(errand, monkeypatch):
    monkeypatch.setattr(shutdown, "is_due", True)
    with pytest.raises(Interrupted):
        errand.heartbeat()


def test_what_a_heartbeat_raises_passes_a_jobs_own_except(errand):
    """A job's `except Exception` must not keep it alive."""
    for over in (Cancelled, LeaseLost, Interrupted):
        assert not issubclass(over, Exception)
