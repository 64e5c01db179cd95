"""`/metrics` tells how the installation does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.queues import QUEUES
from config.release import RELEASE
from exports.models import ExportJob
from jobs.models import ConsumerProcess, QueuePause, Schedule, Status
from mail.models import Email
from ops.backups import catalog
from ops.metrics import jobs
from ops.metrics.collector import PARTS
from tests.kinds.models import Errand, Note
from tests.ops.builders import make_attempt
from tests.plans import explain


def test_it_works(told, scrape):
    for action in ("nothing", "refuse", "nothing"):
        Note.objects.create(action=action, status=Status.DONE if action == "nothing" else Status.FAILED)
    assert told("roost_jobs", kind="kinds.note", status="done") == 2
    assert told("roost_jobs", kind="kinds.note", status="failed") == 1
    assert told("roost_jobs", kind="kinds.note", status="running") == 0
    answer = scrape()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert told("roost_build_info", release=RELEASE) == 1


# ---- what is told


def test_every_kind_and_status_is_told_from_the_start(told):
    """So that a rule sees the first failure as a change, not as something new."""
    for status in Status.values:
        assert told("roost_jobs", kind="exports.exportjob", status=status) == 0
    for status in [*Status.values, "uncertain"]:
        assert told("roost_emails", status=status) == 0
    assert told("roost_job_attempts_last_hour", kind="mail.email", outcome="died") == 0
    assert told("roost_worker_deaths_last_hour") == 0
    assert told("roost_exports_last_hour_rows") == 0
    assert told("roost_consumers", queue="exports") == 0
    assert told("roost_queue_oldest_due_age_seconds", queue="emails") == 0


def test_emails_that_wait_for_a_setting_are_told_and_not_taken_for_stuck(told, settings):
    settings.EMAIL_TRANSPORT = ""
    Email.objects.create(key="x", recipient="a@acme.test", run_after=timezone.now() - timedelta(hours=3))
    assert told("roost_emails", status="pending") == told("roost_emails_held") == 1
    assert told("roost_queue_oldest_due_age_seconds", queue="emails") == 0
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    assert told("roost_emails_held") == 0
    assert told("roost_queue_oldest_due_age_seconds", queue="emails") == pytest.approx(3 * 3600, abs=60)


def test_the_oldest_due_job_of_each_queue_is_told(told):
    now = timezone.now()
    for minutes in (5, 20, -30):
        Errand.objects.create(run_after=now - timedelta(minutes=minutes))
    Errand.objects.create(run_after=now - timedelta(days=1), status=Status.RUNNING)
    assert told("roost_queue_oldest_due_age_seconds", queue="exports") == pytest.approx(1200, abs=30)
    assert told("roost_queue_oldest_due_age_seconds", queue="emails") == 0


def test_attempts_of_the_last_hour_are_told(told):
    make_attempt(seconds=0.03)
    make_attempt("died", seconds=7)
    make_attempt("died", seconds=4000)
    make_attempt("died", ago=timedelta(minutes=61))
    make_attempt("failed", kind="kinds.retired")
    assert told("roost_job_attempts_last_hour", kind="kinds.note", outcome="done") == 1
    assert told("roost_job_attempts_last_hour", kind="kinds.note", outcome="died") == 2
    assert told("roost_job_attempts_last_hour", kind="kinds.retired", outcome="failed") == 1
    assert told("roost_worker_deaths_last_hour") == 2
    name = "roost_job_attempts_last_hour_duration_seconds"
    below = {"0.01": 0, "0.05": 1, "5.0": 1, "10.0": 2, "1800.0": 2, "+Inf": 3}
    assert {limit: told(f"{name}_bucket", kind="kinds.note", le=limit) for limit in below} == below
    assert told(f"{name}_gcount", kind="kinds.note") == 3
    assert told(f"{name}_gsum", kind="kinds.note") == pytest.approx(4007.03, abs=0.01)
    assert told(f"{name}_gcount", kind="exports.exportjob") == 0


def test_exports_of_the_last_hour_are_told(cast, told):
    now = timezone.now()
    for minutes, size in ((5, 1000), (30, 500), (61, 9000)):
        job = ExportJob.objects.create(
            organization=cast.acme,
            requested_by=cast.carol,
            status=Status.DONE,
            finished_at=now - timedelta(minutes=minutes),
            progress=size // 100,
            file="x",
            size=size,
        )
        make_attempt(kind="exports.exportjob", job_id=job.pk, ago=timedelta(minutes=minutes))
    assert (told("roost_exports_last_hour_rows"), told("roost_exports_last_hour_bytes")) == (15, 1500)


def test_queues_and_their_pauses_are_told(told, cast):
    QueuePause.pause("exports", by=cast.alice)
    for queue in QUEUES:
        assert told("roost_queue_messages", queue=queue) == QUEUES[queue].storage.queue_size()
        assert told("roost_queue_scheduled_messages", queue=queue) == QUEUES[queue].storage.schedule_size()
    assert (told("roost_queue_paused", queue="exports"), told("roost_queue_paused", queue="emails")) == (1, 0)


def test_consumers_and_their_silence_are_told(told):
    ConsumerProcess.sign("emails", [])
    process = ConsumerProcess.objects.get()
    seen = told("roost_consumer_last_sign_timestamp_seconds", queue="emails", release=RELEASE)
    assert seen == pytest.approx(timezone.now().timestamp(), abs=10)
    assert told("roost_consumers", queue="emails") == 1
    process.seen_at -= timedelta(minutes=2)
    process.save()
    assert told("roost_consumers", queue="emails") == 0
    assert told("roost_consumer_last_sign_timestamp_seconds", queue="emails") == pytest.approx(seen - 120, abs=10)


def test_a_schedule_that_nobody_looks_at_is_told(told):
    now = timezone.now()
    for name, next_slot, paused in (("a", now - timedelta(minutes=9), False), ("b", now - timedelta(days=1), True)):
        Schedule.objects.create(name=name, cron="* * * * *", next_slot=next_slot, paused=paused)
    assert told("roost_schedule_lag_seconds") == pytest.approx(540, abs=30)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a server's database has backups of its own")
def test_backups_are_told(told, monkeypatch, tmp_path):
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    names = [f"roost_backup_last_{what}_timestamp_seconds" for what in ("made", "proven")]
    assert [told(name) for name in names] == [0, 0]
    for day, proven in ((1, "2026-11-01T04:00:00+00:00"), (2, None)):
        archive = tmp_path / f"roost-2026110{day}T023000Z.tar.zst"
        archive.write_bytes(b"x" * 10)
        made_at = datetime(2026, 11, day, 2, 30, tzinfo=UTC)
        catalog.BackupFile(
            archive, 10, made_at, catalog.Reason.NIGHTLY, proven_at=proven and datetime.fromisoformat(proven)
        ).note()
    assert [told(name) for name in names] == [datetime(2026, 11, day, 2, 30, tzinfo=UTC).timestamp() for day in (2, 1)]
    assert told("roost_backups_size_bytes") == 20


def test_database_and_disk_are_told(told):
    assert told("roost_database_size_bytes") > 100_000
    assert 0 < told("roost_disk_free_bytes") < told("roost_disk_size_bytes")
    assert (told("roost_database_wal_size_bytes") is not None) == (connection.vendor == "sqlite")


def test_a_part_that_breaks_is_told_and_hides_no_other(told, settings, caplog, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    assert told("roost_collector_error", part="disk") == 1
    assert told("roost_disk_free_bytes") is None
    assert [told("roost_collector_error", part=part) for part in PARTS if part != "disk"] == [0] * (len(PARTS) - 1)
    assert told("roost_jobs", kind="kinds.note", status="done") == 0
    assert "the part disk of /metrics cannot be found out" in caplog.text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
@pytest.mark.parametrize("kind", jobs.kinds(), ids=lambda kind: kind._meta.label_lower)
def test_jobs_that_are_done_are_not_read(db, kind):
    """However many they are: the others have an index of their own, and all of them are counted in an index."""
    with CaptureQueriesContext(connection) as queries:
        jobs.by_status(kind)
    others, everything = (explain(query["sql"]) for query in queries)
    assert re.search(r"USING (COVERING )?INDEX \w+_not_done", others), others
    assert re.search(r"USING COVERING INDEX", everything), everything


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
def test_attempts_of_long_ago_are_not_read(db):
    with CaptureQueriesContext(connection) as queries:
        jobs.attempts(timezone.now())
    (plan,) = (explain(query["sql"]) for query in queries)
    assert "SEARCH jobs_attempt USING INDEX jobs_attempt_ended (ended_at>?)" in plan, plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
def test_exports_of_long_ago_are_not_read(db):
    with CaptureQueriesContext(connection) as queries:
        jobs.exports(timezone.now())
    (plan,) = (explain(query["sql"]) for query in queries)
    assert "SCAN" not in plan, plan
    assert "INDEX jobs_attempt_ended (ended_at>?)" in plan, plan
