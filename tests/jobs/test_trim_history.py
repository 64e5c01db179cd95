"""The history of jobs is kept for KEEP_HISTORY_DAYS, that of scheduled runs without trouble for a week."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs import history
from jobs.checks import history_is_long_enough
from jobs.history import MOST_DAYS
from jobs.models import Attempt, Schedule, ScheduledRun, Status
from jobs.schedules import registry
from tests.kinds.models import Errand


@pytest.mark.django_db
def test_it_works(time_machine):
    now = timezone.now()
    time_machine.move_to(now - timedelta(days=91))
    schedule = Schedule.objects.create(name="tidy", cron="* * * * *", declared_cron="* * * * *", next_slot=now)
    old_run = ScheduledRun.objects.create(schedule=schedule, slot=now - timedelta(days=91))
    waiting = ScheduledRun.objects.create(schedule=schedule, slot=now - timedelta(days=92))
    old = Errand.objects.claim(Errand.objects.create().pk)
    old.finish()
    ScheduledRun.objects.claim(old_run.pk).finish()
    time_machine.move_to(now - timedelta(days=89))
    young = Errand.objects.claim(Errand.objects.create().pk)
    young.finish()
    time_machine.move_to(now)

    registry["jobs.trim_history"].function()

    assert list(Attempt.objects.values_list("kind", "job_id")) == [("kinds.errand", young.pk)]
    assert list(ScheduledRun.objects.values_list("pk", "status")) == [(waiting.pk, Status.PENDING)]
    assert list(Errand.objects.all()) == [young]


@pytest.mark.django_db
def test_scheduled_runs_without_trouble_are_kept_for_a_week(time_machine):
    now = timezone.now()
    schedule = Schedule.objects.create(name="tidy", cron="* * * * *", declared_cron="* * * * *", next_slot=now)
    for days, outcome in ((8, "finish"), (8, "fail"), (6, "finish")):
        time_machine.move_to(now - timedelta(days=days))
        run = ScheduledRun.objects.create(schedule=schedule, slot=timezone.now() + timedelta(seconds=len(outcome)))
        job = ScheduledRun.objects.claim(run.pk)
        job.fail("Broken.") if outcome == "fail" else job.finish()
    time_machine.move_to(now)

    registry["jobs.trim_history"].function()

    assert sorted(ScheduledRun.objects.values_list("status", flat=True)) == [Status.DONE, Status.FAILED]
    assert Attempt.objects.count() == 2


@pytest.mark.django_db
def test_that_slots_were_missed_is_told_for_ninety_days(time_machine):
    now = timezone.now()
    schedule = Schedule.objects.create(name="tidy", cron="* * * * *", declared_cron="* * * * *", next_slot=now)
    for days in (91, 89):
        time_machine.move_to(now - timedelta(days=days))
        run = ScheduledRun.objects.create(schedule=schedule, slot=timezone.now(), missed=3)
        ScheduledRun.objects.claim(run.pk).finish()
    time_machine.move_to(now)
    registry["jobs.trim_history"].function()
    assert list(ScheduledRun.objects.missed()) == [run]


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "kept"), [(30, []), (45, ["old"])])
def test_how_long_is_a_setting(time_machine, settings, days, kept):
    settings.KEEP_HISTORY_DAYS = days
    now = timezone.now()
    time_machine.move_to(now - timedelta(days=40))
    for end in (lambda job: job.finish(), lambda job: job.fail("Broken."), lambda job: job.cancel()):
        end(Errand.objects.claim(Errand.objects.create(argument="old").pk))
    time_machine.move_to(now)
    registry["jobs.trim_history"].function()
    assert sorted(set(Errand.objects.values_list("argument", flat=True))) == kept
    assert Attempt.objects.count() == 3 * len(kept)


@pytest.mark.django_db
def test_what_goes_on_stays_however_old_it_is(time_machine):
    now = timezone.now()
    time_machine.move_to(now - timedelta(days=300))
    waiting, running, retried = (Errand.objects.create() for _ in range(3))
    Errand.objects.claim(running.pk)
    Errand.objects.claim(retried.pk).fail("Broken.")
    retried.refresh_from_db()
    retried.retry()
    time_machine.move_to(now)
    registry["jobs.trim_history"].function()
    assert set(Errand.objects.all()) == {waiting, running, retried}
    assert not Attempt.objects.exists()  # that of ninety days ago


@pytest.mark.django_db
def test_many_are_deleted_in_short_transactions(monkeypatch):
    monkeypatch.setattr(history, "BATCH", 10)
    then = timezone.now() - timedelta(days=100)
    columns = {"status": Status.DONE, "created_at": then, "finished_at": then}
    Errand.objects.bulk_create(Errand(**columns) for _ in range(25))
    kept = Errand.objects.create()
    with CaptureQueriesContext(connection) as queries:
        history.trim_jobs(Errand)
    assert list(Errand.objects.all()) == [kept]
    assert sum("DELETE FROM" in query["sql"] and "errand" in query["sql"] for query in queries) >= 3


def test_a_history_that_is_too_short_is_an_error(settings):
    settings.KEEP_HISTORY_DAYS = 6
    (error,) = history_is_long_enough(None)
    assert (error.id, "KEEP_HISTORY_DAYS" in error.msg, error.hint) == ("jobs.E005", True, "Set it to 7 or more.")
    settings.KEEP_HISTORY_DAYS = 7
    assert not history_is_long_enough(None)


@pytest.mark.django_db
def test_for_ever_is_a_century(settings):
    settings.KEEP_HISTORY_DAYS = 1_000_000
    (error,) = history_is_long_enough(None)
    assert (error.id, "36500 or less" in error.hint) == ("jobs.E006", True)
    settings.KEEP_HISTORY_DAYS = MOST_DAYS
    assert not history_is_long_enough(None)
    registry["jobs.trim_history"].function()
