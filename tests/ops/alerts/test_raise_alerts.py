"""What is an alert: a state that lasts, or something that has happened; and when it is over."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.queues import QUEUES
from jobs.models import QueuePause, Schedule, ScheduledRun
from ops import health
from ops.alerts import watch
from ops.alerts.conditions import Condition, deaths, failing
from ops.models import Alert, Severity
from tests.kinds.models import Sprint
from tests.ops.alerts.conftest import NOON
from tests.ops.alerts.messages import attempt
from tests.plans import steps

DEAD = "consumer:emails"


def open_keys():
    return {alert.key for alert in Alert.objects.pressing()}


def test_it_works(running):
    running.run(2)
    assert not Alert.objects.exists()
    running.kill("emails")
    running.run()
    assert open_keys() == set()  # it may be about to come back
    running.run()
    alert = Alert.objects.pressing().get()
    assert (alert.key, alert.severity) == (DEAD, "critical")
    assert "The consumer of emails has been silent for 2 minutes." in alert.words
    assert "manage.py run_huey --queue emails" in alert.remedy
    running.start("emails")
    running.run(2)
    assert open_keys() == {DEAD}
    running.run()
    assert open_keys() == set()
    alert.refresh_from_db()
    assert alert.ended_at == timezone.now()


def test_each_consumer_looks_each_minute():
    for name, queue in QUEUES.items():
        assert f"watch_{name}" in [task.name for task in queue._registry.periodic_tasks]


def test_one_that_has_just_started_does_not_alarm_of_the_other(running):
    running.kill("emails")
    running.run()
    running.start("emails")
    running.run()
    assert not Alert.objects.exists()


def test_when_nothing_is_wrong_nothing_is_written(running):
    running.run()
    with CaptureQueriesContext(connection) as captured:
        running.run()
    patience = ("PRAGMA", "SET statement_timeout", "RESET statement_timeout")  # SQLite's, PostgreSQL's
    written = [query["sql"] for query in captured if not query["sql"].startswith(("SELECT", *patience))]
    assert all("jobs_consumerprocess" in sql or "SAVEPOINT" in sql for sql in written), written


def test_of_two_that_look_at_once_one_begins_it(running):
    condition = Condition(DEAD, Severity.CRITICAL, "It is silent.", "Start it.")
    for _ in range(2):
        with transaction.atomic():
            Alert.objects.begin(condition, NOON)
    assert Alert.objects.count() == 1


def test_a_look_that_comes_late_changes_nothing(running):
    running.run()
    running.kill("emails")
    running.run(2)
    alert = Alert.objects.get()
    watch.look(timezone.now() - timedelta(seconds=70))  # when it was still well
    watch.look(timezone.now() - timedelta(seconds=30))
    assert Alert.objects.get().words == alert.words
    assert Alert.objects.get().last_seen == alert.last_seen


@pytest.mark.slow
def test_what_flaps_has_to_be_away_longer_each_time(running):
    running.run()
    for away in (3, 6, 12, 24):
        running.kill("emails")
        running.run(2)
        assert open_keys() == {DEAD}
        running.start("emails")
        running.clock.shift(timedelta(minutes=away - 2))
        running.run()
        assert open_keys() == {DEAD}, away
        running.run()
        assert open_keys() == set(), away
    alert = Alert.objects.get()
    assert alert.relapses == 3
    assert alert.since == NOON + timedelta(minutes=2)


def test_what_comes_back_after_long_is_another_one(running):
    running.kill("emails")
    running.run(2)
    running.start("emails")
    running.run(5)
    running.clock.shift(timedelta(hours=6))
    running.kill("emails")
    running.run(2)
    assert [alert.ended_at is None for alert in Alert.objects.order_by("pk")] == [False, True]


@pytest.mark.slow
def test_that_the_queue_of_a_dead_consumer_waits_goes_without_saying(running):
    running.run()
    running.kill("exports")
    Sprint.objects.create()
    running.run(10)
    assert "red" in {str(part.verdict) for part in health.parts() if part.name == "queue:exports"}
    assert open_keys() == {"consumer:exports"}


def test_a_paused_queue_is_a_warning(running):
    running.run()
    QueuePause.pause("exports")
    running.run(2)
    assert Alert.objects.pressing().get().severity == "warning"


# ---- failures


def test_a_failure_is_told_at_the_next_look_and_is_over_an_hour_after_the_last(running):
    running.run()
    attempt()
    running.run()
    alert = Alert.objects.pressing().get()
    assert (alert.key, alert.severity) == ("failing:exports.exportjob", "warning")
    assert "“export”" in alert.words
    assert "failed once within an hour, and not in the 7 days before" in alert.words
    running.clock.shift(timedelta(minutes=58))
    attempt()
    running.run()
    running.clock.shift(timedelta(minutes=57))
    running.run(3)
    assert open_keys()
    running.run()
    assert not open_keys()


def test_a_kind_that_fails_now_and_then_is_no_news(running):
    attempt(ago=timedelta(days=6))
    attempt()
    running.run()
    assert not open_keys()


@pytest.mark.parametrize("days", [8, 80])
def test_after_long_it_is_news_again(running, days):
    attempt(ago=timedelta(days=days))
    attempt()
    running.run()
    assert open_keys() == {"failing:exports.exportjob"}


def test_many_failures_are_critical_whatever_was_before(running, settings):
    settings.ALERT_FAILURES_PER_HOUR = 3
    attempt(ago=timedelta(days=1))
    for _ in range(3):
        attempt()
    running.run()
    assert not open_keys()
    attempt()
    running.run()
    alert = Alert.objects.pressing().get()
    assert alert.severity == "critical"
    assert "4 times within an hour" in alert.words


def test_one_failed_e_mail_is_the_outbox_s_to_tell_and_many_are_not(running, settings):
    settings.ALERT_FAILURES_PER_HOUR = 1
    attempt(kind="mail.email")
    assert not list(failing(timezone.now(), set()))
    attempt(kind="mail.email")
    assert [found.key for found in failing(timezone.now(), set())] == ["failing:mail.email"]


@pytest.mark.parametrize("outcome", ["done", "retried", "interrupted", "cancelled"])
def test_other_ends_are_no_failures(running, outcome):
    attempt(outcome)
    running.run()
    assert not open_keys()


def test_a_kind_of_an_earlier_release_is_told_by_its_label(running):
    attempt(kind="gone.job")
    running.run()
    assert "“gone.job”" in Alert.objects.pressing().get().words


# ---- deaths


def test_a_worker_s_death_is_told(running):
    attempt("died", job_id=12)
    running.run()
    alert = Alert.objects.pressing().get()
    assert (alert.key, alert.severity) == ("died:exports.exportjob", "warning")
    assert "A worker died within an hour while running the job exports.exportjob:12" in alert.words
    attempt("died", job_id=13)
    running.run()
    alert.refresh_from_db()
    assert (
        "2 workers died within an hour while running the job exports.exportjob:13 (export) and others." in alert.words
    )


def test_a_job_that_kills_again_and_again_is_critical(running):
    for job in (12, 12, 13, 12):
        attempt("died", job_id=job)
    running.run()
    alert = Alert.objects.pressing().get()
    assert alert.severity == "critical"
    assert "The job exports.exportjob:12 (export) has killed its worker 3 times" in alert.words


def test_that_nothing_ran_for_a_while_is_told(running):
    for name in "tidy", "sweep":
        schedule = Schedule.objects.create(name=name, cron="0 * * * *", declared_cron="0 * * * *", next_slot=NOON)
        ScheduledRun.objects.create(schedule=schedule, slot=NOON, missed=3, missed_from=NOON - timedelta(hours=3))
    running.run()
    alert = Alert.objects.pressing().get(key="missed")
    assert "when sweep and 1 more should have run, first on 23 Nov 2026 at 09:00 UTC" in alert.words


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
@pytest.mark.parametrize("look", [lambda now: list(failing(now, set())), lambda now: list(deaths(now))])
def test_however_many_jobs_are_done_they_are_not_read(running, look):
    attempt()
    attempt("died")
    with CaptureQueriesContext(connection) as captured:
        look(timezone.now())
    assert captured.captured_queries
    for query in captured.captured_queries:
        plan = steps(query["sql"])
        assert any("jobs_attempt_not_done" in step for step in plan), plan
