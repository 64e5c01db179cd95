"""Schedules: late, paused, and runs that were missed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Schedule, ScheduledRun
from jobs.schedules import registry
from ops.health import Verdict
from tests.ops.health.looking import look

pytestmark = pytest.mark.django_db


def test_a_schedule_that_is_late():
    Schedule.objects.filter(name="jobs.trim_history").update(next_slot=timezone.now() - timedelta(minutes=4))
    part = look("schedules")
    assert part.verdict == Verdict.WARNING
    assert part.words == "jobs.trim_history should have run 4 minutes ago."
    assert look("schedules", timezone.now() + timedelta(minutes=20)).verdict == Verdict.RED


def test_a_paused_schedule_may_be_late_for_a_while():
    Schedule.objects.filter(name="jobs.trim_history").update(paused=True, next_slot=timezone.now() - timedelta(hours=4))
    assert look("schedules").verdict == Verdict.OK
    assert look("schedules").detail["paused"] == ["jobs.trim_history"]
    Schedule.objects.update(next_slot=timezone.now() + timedelta(days=9))
    Schedule.objects.filter(paused=True).update(next_slot=timezone.now() - timedelta(days=3))
    assert look("schedules").verdict == Verdict.WARNING


def test_a_schedule_of_another_release_does_not_count():
    Schedule.objects.create(name="old.tidy", cron="0 0 * * *", next_slot=timezone.now() - timedelta(days=30))
    assert look("schedules").verdict == Verdict.OK


@pytest.fixture
def skipped_run(monkeypatch):
    """The run of a slot at which nothing was running, by a schedule that does not catch up."""
    schedule = Schedule.objects.get(name="jobs.trim_history")
    monkeypatch.setitem(registry, schedule.name, replace(registry[schedule.name], catch_up=False))
    schedule.next_slot = timezone.now() - timedelta(hours=1)
    schedule.run_slot(schedule.next_slot, timezone.now(), missed=1)
    return schedule.runs.get()


def test_a_missed_run_is_told_of_for_a_day(skipped_run):
    schedule = skipped_run.schedule
    part = look("schedules")
    assert part.verdict == Verdict.WARNING
    assert part.words == f"{schedule.name} did not run at a time when nothing was running."
    ScheduledRun.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert look("schedules").verdict == Verdict.OK


def test_a_missed_run_is_told_of_whatever_its_error_is_called(skipped_run):
    ScheduledRun.objects.update(error="Nicht gelaufen")
    assert look("schedules").detail["missed"] == [skipped_run.schedule.name]


def test_a_missed_run_that_somebody_has_run_is_no_longer_told_of(skipped_run):
    skipped_run.retry()
    assert look("schedules").verdict == Verdict.OK


def test_a_run_that_somebody_has_cancelled_is_not_missed():
    run = ScheduledRun(schedule=Schedule.objects.first(), slot=timezone.now(), missed=1, missed_from=timezone.now())
    run.run_after = timezone.now() + timedelta(hours=1)
    run.save()
    run.cancel()
    assert look("schedules").verdict == Verdict.OK
