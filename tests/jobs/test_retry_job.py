"""What is worth another try is tried again, later and later, and not for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Attempt, Status
from jobs.runner import run
from tests.kinds.models import Errand

pytestmark = pytest.mark.django_db


def claimed(**columns):
    return Errand.objects.claim(Errand.objects.create(**columns).pk)


def history(job):
    return [attempt.outcome for attempt in job.attempts]


def test_it_works(run_job, time_machine):
    """A first try that times out, and a second one that succeeds."""
    time_machine.move_to("2026-11-23T12:00Z", tick=False)
    errand = run_job(action="time_out", argument="The server did not answer.")
    assert (errand.status, errand.attempt, errand.error) == (Status.PENDING, 1, "The server did not answer.")
    assert timezone.now() < errand.run_after <= timezone.now() + Errand.backoff
    assert errand.finished_at is errand.lease_until is None
    assert Errand.objects.claim(errand.pk) is None
    Errand.objects.filter(pk=errand.pk).update(action="nothing")
    time_machine.move_to(errand.run_after, tick=False)
    Errand.objects.claim(errand.pk).finish()
    errand.refresh_from_db()
    assert (errand.status, errand.error, history(errand)) == (Status.DONE, "", ["retried", "done"])
    assert "TimeoutError" in errand.attempts.first().traceback


def test_the_last_attempt_fails(time_machine):
    time_machine.move_to("2026-11-23T12:00Z", tick=False)
    errand = claimed()
    assert errand.defer("No answer.") is True
    errand = due_and_claimed(errand, time_machine)
    assert errand.defer("No answer.") is True
    errand = due_and_claimed(errand, time_machine)
    assert errand.defer("No answer.") is False
    errand.refresh_from_db()
    assert (errand.status, errand.error) == (Status.FAILED, "No answer. (given up after 3 attempts)")
    assert history(errand) == ["retried", "retried", "failed"]


def due_and_claimed(errand, time_machine):
    time_machine.move_to(errand.run_after, tick=False)
    return Errand.objects.claim(errand.pk)


def test_what_was_deleted_while_it_worked_is_looked_for_again(run_job, time_machine):
    """Some things are there the next time, or it finds out by itself that they are not. What is missed to the end is a
    defect."""
    errand = run_job(action="miss")
    assert (errand.status, errand.error) == (Status.PENDING, "Something that it needs has just been deleted.")
    assert "DoesNotExist" in errand.attempts.get().traceback
    time_machine.move_to(errand.run_after)
    run(Errand, errand.pk)
    errand.refresh_from_db()
    time_machine.move_to(errand.run_after)
    with pytest.raises(Errand.DoesNotExist):
        run(Errand, errand.pk)
    errand.refresh_from_db()
    assert (errand.status, history(errand)) == (Status.FAILED, ["retried", "retried", "failed"])
    assert "on our side" in errand.error


def test_a_job_that_is_deleted_itself_stops_quietly(waiting_queues, caplog):
    errand = Errand.objects.create(action="vanish")
    run(Errand, errand.pk)
    assert not Errand.objects.exists()
    assert not Attempt.objects.exists()
    assert caplog.messages[-1] == "stopped: it was deleted"
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_a_job_given_back_may_be_claimed_at_once_and_has_lost_no_attempt():
    errand = claimed()
    for _ in range(10):
        errand.give_back()
        errand = Errand.objects.claim(errand.pk)
    assert errand.attempts_left() == Errand.max_attempts == 3
    assert errand.defer("No answer.") is True
    assert history(errand) == ["interrupted"] * 10 + ["retried"]


def test_a_dead_worker_costs_an_attempt_and_no_time():
    errand = claimed()
    errand.release_dead("The worker died.")
    errand = Errand.objects.claim(errand.pk)
    assert errand.attempts_left() == 2
    errand.defer("No answer.")
    Errand.objects.filter(pk=errand.pk).update(run_after=timezone.now())
    Errand.objects.claim(errand.pk).release_dead("The worker died.")
    errand.refresh_from_db()
    assert (errand.status, history(errand)) == (Status.FAILED, ["died", "retried", "died"])


def test_another_jobs_history_costs_nothing():
    errand = claimed()
    for number in range(5):
        Attempt.objects.create(
            kind="kinds.note",
            job_id=errand.pk,
            number=number,
            outcome="died",
            started_at=timezone.now(),
            ended_at=timezone.now(),
        )
    assert errand.attempts_left() == 3


@pytest.mark.parametrize(
    ("attempt", "most"), [(1, 1), (2, 2), (3, 4), (10, 512), (12, 2048), (13, 3600), (50, 3600), (10**9, 3600)]
)
def test_the_wait_doubles_up_to_an_hour_and_half_of_it_is_random(attempt, most):
    errand = Errand(attempt=attempt)
    waits = [errand.backoff_delay() for _ in range(300)]
    assert min(waits) >= timedelta(seconds=most / 2)
    assert max(waits) <= timedelta(seconds=most)
    assert max(waits) - min(waits) > timedelta(seconds=most / 4)


def test_the_retry_is_rung_for_its_time(waiting_queues, django_capture_on_commit_callbacks):
    errand = claimed()
    with django_capture_on_commit_callbacks(execute=True):
        errand.defer("No answer.")
    (message,) = waiting_queues["exports"].pending()
    assert (type(message).__name__, list(message.args)) == ("run_errand", [errand.pk])
    assert message.eta == errand.run_after.replace(tzinfo=None)  # Huey counts in naive UTC
