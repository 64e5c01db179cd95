"""A person stops a job, before or while it runs."""

import pytest

from jobs.errors import AttemptOver
from jobs.models import Status
from tests.kinds.models import Errand

pytestmark = pytest.mark.django_db


def test_it_works():
    errand = Errand.objects.create()
    assert errand.cancel() is True
    assert errand.status == Status.CANCELLED
    assert errand.finished_at
    assert Errand.objects.claim(errand.pk) is None
    assert not errand.attempts.exists()


def test_a_running_job_is_cancelled_and_its_worker_cannot_end_it():
    errand = Errand.objects.create()
    running = Errand.objects.claim(errand.pk)
    assert errand.cancel() is True
    for end in (running.finish, running.give_back, lambda: running.fail("No."), lambda: running.defer("No.")):
        with pytest.raises(AttemptOver):
            end()
    errand.refresh_from_db()
    assert (errand.status, errand.lease_until) == (Status.CANCELLED, None)
    assert [attempt.outcome for attempt in errand.attempts] == ["cancelled"]


def test_a_job_cancelled_in_its_middle_stops(run_job, monkeypatch):
    monkeypatch.setattr("jobs.models.job.HEARTBEAT_EVERY", 0)
    reached = []

    def do_half(self, _):
        self.heartbeat(progress=1)
        assert Errand.objects.get(pk=self.pk).cancel()
        self.heartbeat(progress=2)
        reached.append("the second half")

    monkeypatch.setattr(Errand, "do_nothing", do_half)
    errand = run_job()
    assert (errand.status, errand.progress, reached) == (Status.CANCELLED, 1, [])
    assert [attempt.outcome for attempt in errand.attempts] == ["cancelled"]


def test_a_job_cancelled_too_late_to_hear_of_it_stays_cancelled(run_job, monkeypatch):
    monkeypatch.setattr(Errand, "do_nothing", lambda self, _: Errand.objects.get(pk=self.pk).cancel() and None)
    errand = run_job()
    assert errand.status == Status.CANCELLED
    assert [attempt.outcome for attempt in errand.attempts] == ["cancelled"]


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED, Status.CANCELLED])
def test_a_job_that_has_ended_cannot_be_cancelled(status):
    errand = Errand.objects.create(status=status)
    assert errand.cancel() is False
    assert errand.status == status


def test_a_whole_save_cannot_undo_a_cancellation():
    stale = Errand.objects.create()
    Errand.objects.get(pk=stale.pk).cancel()
    stale.result = "here"
    with pytest.raises(ValueError, match="update_fields"):
        stale.save()
    stale.save(update_fields=["result"])
    stale.refresh_from_db()
    assert (stale.status, stale.result) == (Status.CANCELLED, "here")


def test_a_stale_page_does_not_cancel_what_is_done():
    stale = Errand.objects.create()
    Errand.objects.claim(stale.pk).finish(result="here")
    assert stale.cancel() is False
    assert (stale.status, stale.result) == (Status.DONE, "here")


def test_a_person_cancels_the_attempt_of_now_with_a_page_of_before():
    stale = Errand.objects.create()
    Errand.objects.claim(stale.pk).give_back()
    Errand.objects.claim(stale.pk)
    assert stale.cancel() is True
    assert [attempt.outcome for attempt in stale.attempts] == ["interrupted", "cancelled"]
