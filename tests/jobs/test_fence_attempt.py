"""A worker that comes back from the dead cannot touch the job that another has taken over."""

import pytest

from jobs.errors import LeaseLost
from jobs.models import Status
from tests.kinds.models import Errand

pytestmark = pytest.mark.django_db

ENDINGS = {
    "finish": lambda job: job.finish(result="old"),
    "fail": lambda job: job.fail("old"),
    "defer": lambda job: job.defer("old"),
    "give back": lambda job: job.give_back(),
    "release": lambda job: job.release_dead("old"),
}


@pytest.fixture
def old():
    """The first attempt of an errand, whose worker fell silent; a sweep has released it."""
    errand = Errand.objects.claim(Errand.objects.create().pk)
    Errand.objects.get(pk=errand.pk).release_dead("The worker was silent.")
    return errand


def test_it_works(old):
    new = Errand.objects.claim(old.pk)
    with pytest.raises(LeaseLost):
        old.finish(result="old")
    new.finish(result="new")
    assert Errand.objects.get(pk=old.pk).result == "new"
    assert [attempt.outcome for attempt in new.attempts] == ["died", "done"]


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_no_ending_of_an_old_attempt_touches_the_new_one(old, ending):
    new = Errand.objects.claim(old.pk)
    with pytest.raises(LeaseLost):
        ending(old)
    row = Errand.objects.get(pk=old.pk)
    assert (row.status, row.attempt, row.result, row.error) == (Status.RUNNING, 2, "", "")
    assert row.lease_until == new.lease_until
    assert [attempt.outcome for attempt in row.attempts] == ["died"]


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_no_ending_of_an_old_attempt_touches_the_waiting_job(old, ending):
    with pytest.raises(LeaseLost):
        ending(old)
    assert Errand.objects.get(pk=old.pk).status == Status.PENDING


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_an_attempt_ends_once(ending):
    errand = Errand.objects.claim(Errand.objects.create().pk)
    errand.finish(result="done")
    with pytest.raises(LeaseLost):
        ending(errand)
    assert Errand.objects.get(pk=errand.pk).result == "done"
    assert errand.attempts.count() == 1


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
def test_only_a_claimed_job_can_end(ending):
    errand = Errand.objects.create()
    with pytest.raises(LeaseLost):
        ending(errand)
    row = Errand.objects.get(pk=errand.pk)
    assert (row.status, row.result, row.error) == (Status.PENDING, "", "")


def test_two_sweeps_release_a_dead_job_once(old):
    errand = Errand.objects.claim(old.pk)
    first, second = Errand.objects.get(pk=errand.pk), Errand.objects.get(pk=errand.pk)
    first.release_dead("The worker died.")
    with pytest.raises(LeaseLost):
        second.release_dead("The worker died.")
    assert errand.attempts.count() == 2
