"""How an attempt ends for good: done, failed with words for a person, or broken."""

import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Job, Status
from jobs.runner import run
from jobs.sweep import kinds
from tests.kinds.models import Errand, Note, Sprint
from tests.kinds.tasks import run_errand


def test_it_works(run_job):
    before = timezone.now()
    errand = run_job(action="answer", argument="42")
    assert (errand.status, errand.result, errand.error, errand.attempt) == (Status.DONE, "42", "", 1)
    assert errand.lease_until is None
    assert before <= errand.started_at <= errand.finished_at <= timezone.now()
    attempt = errand.attempts.get()
    assert (attempt.number, attempt.outcome, attempt.error, attempt.traceback) == (1, "done", "", "")
    assert (attempt.worker, attempt.started_at) == (errand.worker, errand.started_at)
    assert attempt.ended_at == errand.finished_at


def test_a_kind_with_a_table_of_any_name_runs(run_job):
    assert run_job(Sprint, action="answer", argument="here").result == "here"


def test_no_kind_hides_with_a_column_what_its_end_calls():
    """A column `changed` hid the verb of that name: each end of a bulk edit logged an error."""
    for kind in kinds():
        own = {field.name for field in kind._meta.get_fields()} - {field.name for field in Job._meta.get_fields()}
        assert not {name for name in own if callable(getattr(Job, name, None))}


def test_both_queues_run_jobs(run_job):
    assert run_job(Note, action="answer", argument="from a thread").result == "from a thread"


@pytest.mark.django_db
def test_the_result_comes_with_the_status(django_assert_num_queries):
    """Nobody sees a job that is done and has no result yet."""
    errand = Errand.objects.claim(Errand.objects.create().pk)
    with django_assert_num_queries(4):  # savepoint, the row, the attempt, release
        errand.finish(result="here")
    row = Errand.objects.get(pk=errand.pk)
    assert (row.status, row.result) == (Status.DONE, "here")


def test_a_refusal_is_kept_for_the_person_and_not_tried_again(run_job):
    errand = run_job(action="refuse", argument="There is nothing to export.")
    assert (errand.status, errand.error) == (Status.FAILED, "There is nothing to export.")
    assert [(attempt.outcome, attempt.error) for attempt in errand.attempts] == [("failed", errand.error)]


def test_a_defect_fails_at_once_with_its_traceback_kept_and_is_raised(run_job, job_errors):
    errand = run_job(action="break", argument="a password")
    assert errand.status == Status.FAILED
    assert errand.error == f"Something went wrong on our side. Whoever runs Roost finds more under {errand.request_id}."
    assert "do_break" in errand.attempts.get().traceback
    assert "a password" in errand.attempts.get().traceback
    assert [type(error) for error in job_errors] == [ZeroDivisionError]


def test_a_job_that_wants_to_exit_fails_like_any_defect(db, monkeypatch):
    monkeypatch.setattr(Errand, "do_exit", lambda self, _: sys.exit("no such option"), raising=False)
    errand = Errand.objects.create(action="exit")
    with pytest.raises(SystemExit):
        run_errand.call_local(errand.pk)
    errand.refresh_from_db()
    assert errand.status == Status.FAILED
    assert "no such option" in errand.attempts.get().traceback


def test_columns_that_do_not_exist_are_a_defect(run_job, job_errors, monkeypatch):
    monkeypatch.setattr(Errand, "do_nothing", lambda self, _: {"nonsense": 1})
    errand = run_job()
    assert errand.status == Status.FAILED
    assert len(job_errors) == 1


def test_a_job_cannot_return_its_own_status(run_job, job_errors, monkeypatch):
    monkeypatch.setattr(Errand, "do_nothing", lambda self, _: {"status": "pending"})
    assert run_job().status == Status.FAILED
    assert len(job_errors) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "kept"), [("a\0b", "a\\0b"), ("file \udcff.csv", "file \\udcff.csv"), ("x" * 100_000, "x" * 100_000)]
)
def test_an_error_of_any_text_can_be_kept(text, kept):
    """PostgreSQL stores no NUL, and names of files may hold bytes that are no text: neither may keep a job running."""
    errand = Errand.objects.claim(Errand.objects.create().pk)
    errand.fail(text, traceback=text)
    errand.refresh_from_db()
    attempt = errand.attempts.get()
    assert (errand.status, errand.error, attempt.error, attempt.traceback) == (Status.FAILED, kept, kept, kept)


def test_a_limit_that_a_thread_notices_fails_the_job(run_job, monkeypatch):
    monkeypatch.setattr("jobs.models.job.HEARTBEAT_EVERY", 0)
    monkeypatch.setattr(Note, "time_limit", timedelta(seconds=0.05))
    note = run_job(Note, action="count", argument="5")
    assert (note.status, note.error) == (Status.FAILED, "Stopped: it ran longer than its limit of 0.05 s.")
    assert [attempt.outcome for attempt in note.attempts] == ["failed"]


@pytest.fixture
def ends(monkeypatch):
    """The status of each errand that is told of its end, as its row has it at that moment."""
    ends = []
    monkeypatch.setattr(Errand, "ended", lambda self: ends.append(Errand.objects.get(pk=self.pk).status))
    return ends


@pytest.mark.parametrize(
    ("action", "told"),
    [("nothing", ["done"]), ("refuse", ["failed"]), ("break", ["failed"]), ("time_out", [])],
)
def test_a_kind_is_told_of_its_end_once(db, waiting_queues, ends, action, told):
    errand = Errand.objects.create(action=action, argument="Hm.")
    with suppress(ZeroDivisionError):
        run(Errand, errand.pk)
    assert ends == told
    run(Errand, errand.pk)
    assert ends == told


def test_a_cancelled_job_has_not_ended_by_itself(db, ends):
    Errand.objects.create().cancel()
    running = Errand.objects.claim(Errand.objects.create().pk)
    running.cancel()
    assert ends == []


def test_a_job_that_killed_its_workers_is_told_of_its_end_too(db, ends, monkeypatch):
    monkeypatch.setattr(Errand, "max_attempts", 1)
    Errand.objects.claim(Errand.objects.create().pk).release_dead("The worker died.")
    assert ends == ["failed"]


@pytest.mark.django_db
def test_what_comes_with_the_end_is_undone_with_it(monkeypatch):
    errand = Errand.objects.claim(Errand.objects.create().pk)

    def break_off(self):
        Note.objects.create()
        raise KeyboardInterrupt

    monkeypatch.setattr(Errand, "ended", break_off)
    with pytest.raises(KeyboardInterrupt):
        errand.finish()
    assert Errand.objects.get().status == Status.RUNNING
    assert not Note.objects.exists()


def test_a_defect_in_it_does_not_keep_the_job_from_ending(run_job, monkeypatch, caplog):
    monkeypatch.setattr(Errand, "ended", lambda self: 1 / 0)
    errand = run_job()
    assert errand.status == Status.DONE
    assert f"what should come with the status done of kinds.errand:{errand.pk} did not" in caplog.text
