"""The history of jobs is kept for ninety days, that of scheduled runs without trouble for a week."""

from datetime import timedelta

import pytest
from django.utils import timezone

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
    assert Errand.objects.filter(pk=old.pk).exists()  # each kind decides itself how long its rows are kept


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
