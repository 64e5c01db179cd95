"""A person may retry what failed or was cancelled, and discard what failed."""

import pytest

from jobs.models import Status
from tests.kinds.models import Errand

pytestmark = pytest.mark.django_db


def test_it_works(run_job, django_capture_on_commit_callbacks):
    errand = run_job(action="refuse", argument="Not today.")
    Errand.objects.filter(pk=errand.pk).update(action="answer", argument="Now.")
    with django_capture_on_commit_callbacks(execute=True):
        assert errand.retry()
    errand.refresh_from_db()
    assert (errand.status, errand.result, errand.error) == (Status.DONE, "Now.", "")
    assert [attempt.outcome for attempt in errand.attempts] == ["failed", "done"]


def test_it_has_all_its_attempts_again():
    errand = Errand.objects.create()
    for _ in range(Errand.max_attempts):
        Errand.objects.claim(errand.pk).release_dead("The worker died.")
    errand.refresh_from_db()
    assert errand.status == Status.FAILED
    assert errand.retry()
    for _ in range(Errand.max_attempts):
        errand.refresh_from_db()
        assert errand.status == Status.PENDING
        Errand.objects.claim(errand.pk).release_dead("The worker died.")
    errand.refresh_from_db()
    assert errand.status == Status.FAILED


def test_the_wait_after_an_error_begins_anew():
    errand = Errand.objects.create(attempt=9, restarted_after=8, status=Status.RUNNING)
    assert errand.backoff_delay() <= Errand.backoff


@pytest.mark.parametrize(
    ("status", "retried", "discarded"),
    [("pending", 0, 0), ("running", 0, 0), ("done", 0, 0), ("failed", 1, 1), ("cancelled", 1, 0)],
)
def test_only_what_has_ended_badly(waiting_queues, status, retried, discarded):
    errands = [Errand.objects.create(status=status) for _ in range(2)]
    assert [errands[0].retry(), errands[1].discard()] == [retried, discarded]
    assert errands[0].status == (Status.PENDING if retried else status)
    assert errands[1].status == (Status.CANCELLED if discarded else status)
