"""The parts of the installation, each well, and each in the trouble that it is there to tell of."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.queues import QUEUES
from config.release import RELEASE
from jobs import worker
from jobs.models import Attempt, ConsumerProcess, Outcome, QueuePause, Schedule, ScheduledRun, Status
from jobs.schedules import open_due_slots, registry
from jobs.sweep import kinds
from mail.models import Email
from ops import doctor, health
from ops.backups import catalog
from ops.backups.catalog import BackupFile, Reason
from ops.health import Verdict, database, queues
from tests.cast import make_user
from tests.conftest import default_database
from tests.kinds.models import Note
from tests.mail.letters import write
from tests.ops.builders import make_consumer
from tests.orgs.test_plan_queries import explain

pytestmark = pytest.mark.django_db

SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's")


@pytest.fixture(autouse=True)
def running(settings, monkeypatch):
    """An installation in which all is well: consumers of this release, schedules, and a mail server."""
    monkeypatch.setattr(queues, "serving_since", None)
    settings.EMAIL_TRANSPORT = "mail.smtp.EmailBackend"
    for queue in QUEUES:
        make_consumer(queue)
    open_due_slots()


@pytest.fixture
def web(monkeypatch):
    """web(seconds): this process has served the web for so long."""

    def web(seconds):
        monkeypatch.setattr(queues, "serving_since", timezone.now() - timedelta(seconds=seconds))

    return web


def look(name, now=None):
    return next(part for part in health.parts(now) if part.name == name)


def test_it_works():
    found = {part.name: part for part in health.parts()}
    expected = {
        "database",
        "consumer:emails",
        "consumer:exports",
        "queue:emails",
        "queue:exports",
        "schedules",
        "outbox",
    }
    assert found.keys() >= expected
    assert {part.verdict for part in found.values() if part.name != "disk"} == {Verdict.OK}
    assert not any(part.remedy for part in found.values() if part.verdict == Verdict.OK)
    assert health.worst(found.values()) == max(part.verdict for part in found.values())
    assert [found[name].title for name in ("consumer:emails", "database")] == ["Consumer: emails", "Database"]


def test_the_worst_verdict_is_that_of_the_whole():
    assert Verdict.OK < Verdict.WARNING < Verdict.RED
    assert max(Verdict.RED, Verdict.WARNING, Verdict.OK) == Verdict.RED
    assert health.worst([]) == Verdict.OK


# ---- the database


def test_a_part_that_cannot_be_looked_at_is_red_and_no_other_one_is(monkeypatch):
    monkeypatch.setattr("ops.health.disk.os.statvfs", lambda folder: 1 / 0)
    assert look("disk").verdict == Verdict.RED
    assert look("disk").words == "It could not be looked at: ZeroDivisionError: division by zero"
    assert look("database").verdict == Verdict.OK


@SQLITE
def test_without_the_database_nothing_else_is_asked_of_it(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), default_database(tmp_path / "nowhere" / "roost.sqlite3"):
        found = {part.name: part for part in health.parts()}
    assert found["database"].verdict == Verdict.RED
    assert found["database"].words.startswith("There is no database at ")
    assert found["queue:emails"].words == "It could not be looked at without the database."
    assert found["disk"].detail["free_bytes"]


@SQLITE
def test_looking_makes_no_database(tmp_path, django_db_blocker):
    with django_db_blocker.unblock(), default_database(tmp_path / "roost.sqlite3"):
        assert health.worst(health.parts()) == Verdict.RED
        assert health.worst(doctor.examine()) == Verdict.RED
    assert list(tmp_path.iterdir()) == []


@SQLITE
def test_a_file_that_is_no_database(tmp_path, django_db_blocker):
    (tmp_path / "roost.sqlite3").write_bytes(b"no database at all" * 1000)
    with django_db_blocker.unblock(), default_database(tmp_path / "roost.sqlite3"):
        found = {part.name: part for part in health.parts()}
    assert found["database"].words == "The database cannot be reached: file is not a database"


def test_an_empty_database_is_told_once():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations")
    found = {part.name: part for part in health.parts()}
    assert (found["database"].verdict, found["database"].words) == (Verdict.RED, "The database is empty.")
    assert found["outbox"].words == "It could not be looked at without the database."


@SQLITE
def test_looking_waits_for_no_writer_and_leaves_the_patience_of_others_as_it_was():
    busy_timeout = "PRAGMA busy_timeout"
    with connection.cursor() as cursor:
        before = cursor.execute(busy_timeout).fetchone()
        with health.impatient():
            assert cursor.execute(busy_timeout).fetchone() == (health.PATIENCE,)
        assert cursor.execute(busy_timeout).fetchone() == before == (20_000,)


@SQLITE
def test_a_large_write_ahead_log(monkeypatch):
    monkeypatch.setattr(database, "LARGE_LOG", 1)
    monkeypatch.setattr(database, "file", lambda: Path(__file__).with_name("nothing"))
    assert look("wal").verdict == Verdict.OK  # none is there
    log = settings.DATA_DIR / "some.sqlite3-wal"
    log.write_bytes(b"12345")
    monkeypatch.setattr(database, "file", lambda: settings.DATA_DIR / "some.sqlite3")
    assert look("wal").verdict == Verdict.WARNING
    assert look("wal").detail == {"bytes": 5}
    monkeypatch.setattr(database, "HUGE_LOG", 5)
    assert look("wal").verdict == Verdict.RED


def test_a_sqlite_that_can_corrupt_the_database(monkeypatch):
    monkeypatch.setattr("jobs.checks.SAFE_VERSION", (99, 0, 0))
    assert look("sqlite").verdict == Verdict.WARNING
    assert "pysqlite3" in look("sqlite").remedy


# ---- consumers


def test_no_consumer(web):
    ConsumerProcess.objects.filter(queue="exports").delete()
    assert look("consumer:exports").verdict == Verdict.RED
    assert "run_huey --queue exports" in look("consumer:exports").remedy
    assert look("consumer:emails").verdict == Verdict.OK
    web(seconds=5)
    assert look("consumer:exports").verdict == Verdict.WARNING
    web(seconds=100)
    assert look("consumer:exports").verdict == Verdict.RED
    ConsumerProcess.objects.filter(queue="emails").update(started_at=timezone.now())
    assert look("consumer:exports").verdict == Verdict.WARNING


def test_a_silent_consumer(web):
    web(seconds=5)  # one that was there is no new one
    ConsumerProcess.objects.filter(queue="emails").update(seen_at=timezone.now() - timedelta(minutes=7))
    part = look("consumer:emails")
    assert (part.verdict, part.words) == (Verdict.RED, "The consumer of emails has been silent for 7 minutes.")


def test_a_consumer_that_has_just_died():
    mine = worker.identity()
    ConsumerProcess.objects.filter(queue="emails").update(identity=f"{mine}0")  # this pid, another start
    assert look("consumer:emails").verdict == Verdict.WARNING
    now = timezone.now()
    assert look("consumer:emails", now + timedelta(minutes=1)).verdict == Verdict.RED
    # As after a clock was set back: its last sign seems to come from the future.
    ConsumerProcess.objects.filter(queue="emails").update(identity=mine)
    assert look("consumer:emails", now - timedelta(days=1)).verdict == Verdict.OK


def test_a_consumer_of_another_release():
    ConsumerProcess.objects.filter(queue="exports").update(release="0.1+old")
    part = look("consumer:exports")
    assert part.verdict == Verdict.WARNING
    assert part.words == f"The consumer of exports runs release 0.1+old; this process runs {RELEASE}."


# ---- queues


def test_jobs_that_wait_their_turn():
    Note.objects.create()
    assert look("queue:emails").verdict == Verdict.OK
    assert look("queue:emails").detail["due"] == 1
    assert look("queue:exports").detail["due"] == 0


@pytest.mark.parametrize(
    ("minutes", "idle", "busy"), [(2, "warning", "warning"), (6, "red", "warning"), (61, "red", "red")]
)
def test_a_queue_that_is_stuck_or_overrun(minutes, idle, busy):
    Note.objects.create(run_after=timezone.now() - timedelta(minutes=minutes))
    assert look("queue:emails").verdict.value == idle
    Note.objects.bulk_create([Note(status=Status.RUNNING)])
    assert look("queue:emails").verdict.value == busy
    assert look("queue:emails").detail["running"] == 1


def test_what_is_not_due_or_waits_for_a_setting_does_not_count(settings):
    Note.objects.create(run_after=timezone.now() + timedelta(hours=1))
    settings.EMAIL_TRANSPORT = ""
    Email.objects.filter(pk=write().pk).update(run_after=timezone.now() - timedelta(days=3))
    assert (look("queue:emails").verdict, look("queue:emails").detail["due"]) == (Verdict.OK, 0)


def test_a_paused_queue():
    Note.objects.create(run_after=timezone.now() - timedelta(days=1))
    QueuePause.pause("emails", make_user("Alice"))
    part = look("queue:emails", timezone.now() + timedelta(hours=2))
    assert part.verdict == Verdict.WARNING
    assert part.words == "The queue emails has been paused by Alice for 2 hours, with 1 job due."


# ---- schedules


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


# ---- the outbox


def attempt(outcome, error="", ago=timedelta(0), kind="mail.email"):
    at = timezone.now() - ago
    number = Attempt.objects.count()
    Attempt.objects.create(
        kind=kind, job_id=1, number=number, outcome=outcome, error=error, started_at=at, ended_at=at, worker=""
    )


def test_e_mails_without_a_mail_server(settings):
    settings.EMAIL_TRANSPORT = ""
    assert look("outbox").verdict == Verdict.OK
    write()
    part = look("outbox")
    assert (part.verdict, part.words) == (Verdict.WARNING, "1 e-mail waiting: no mail server is set.")


def test_a_server_out_of_reach():
    Email.objects.filter(pk=write().pk).update(attempt=3)
    words = "mail.example:587 refused the user name or the password of EMAIL_URL: 535 5.7.8"
    attempt(Outcome.DONE, ago=timedelta(hours=1))
    attempt(Outcome.RETRIED, words, ago=timedelta(minutes=9))
    attempt(Outcome.RETRIED, words, ago=timedelta(minutes=8))
    assert look("outbox").verdict == Verdict.WARNING
    attempt(Outcome.RETRIED, words, ago=timedelta(minutes=1))
    attempt(Outcome.DONE, kind="jobs.scheduledrun")
    part = look("outbox")
    assert (part.verdict, part.words) == (
        Verdict.RED,
        f"No e-mail has left for 9 minutes, with 1 e-mail waiting: {words}",
    )
    assert part.detail["deferred"] == 1
    attempt(Outcome.DONE)
    assert look("outbox").verdict == Verdict.OK


def test_a_server_that_answers_is_within_reach():
    Email.objects.filter(pk=write().pk).update(attempt=3)
    for minutes in range(30, 0, -10):
        attempt(Outcome.RETRIED, "451 4.7.1 Greylisted, try again later", ago=timedelta(minutes=minutes))
    assert look("outbox").verdict == Verdict.OK


def test_e_mails_that_wait_for_a_decision():
    email = write()
    Email.objects.update(status="failed", finished_at=timezone.now())
    assert look("outbox").words.startswith("To decide: 1 e-mail failed within a day")
    assert look("outbox").verdict == Verdict.WARNING
    Email.objects.update(finished_at=timezone.now() - timedelta(days=3))
    assert look("outbox").verdict == Verdict.OK
    Email.objects.filter(pk=email.pk).update(status="uncertain")
    assert look("outbox").verdict == Verdict.WARNING


# ---- backups

PROVEN, TRIED, UNTRIED = ({"proven": True}, {"error": "A row is missing."}, {})


@pytest.fixture
def add(tmp_path, monkeypatch):
    """add(hours ago, how) makes the file of a backup, and the note beside it."""
    monkeypatch.setattr(catalog, "FOLDER", tmp_path / "backups")

    def add(hours, how):
        made_at = timezone.now() - timedelta(hours=hours)
        path = catalog.new_path(made_at)
        path.write_bytes(b"12345")
        proven_at = made_at if how is PROVEN else None
        told = {name: how.get(name, "") for name in ("error", "no_room")}
        BackupFile(path, 5, made_at, Reason.NIGHTLY, proven_at=proven_at, **told).note()

    return add


@SQLITE
@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ([(3, PROVEN)], "ok"),
        ([(3, PROVEN), (27, PROVEN)], "ok"),
        ([(1, UNTRIED), (25, PROVEN)], "ok"),
        ([(1, {"no_room": "No room."}), (25, PROVEN)], "warning"),
        ([(1, {"no_room": "No room."}), (80, PROVEN)], "red"),
        ([(27, PROVEN)], "warning"),
        ([(80, PROVEN)], "red"),
        ([(1, UNTRIED)], "warning"),
        ([(1, UNTRIED), (40, PROVEN)], "warning"),
        ([(1, UNTRIED), (80, PROVEN)], "red"),
        ([(1, TRIED), (25, PROVEN)], "warning"),
        ([(1, TRIED)], "red"),
    ],
)
def test_backups(add, known, verdict):
    for hours, how in known:
        add(hours, how)
    assert look("backups").verdict.value == verdict
    assert look("backups").detail["number"] == len(known)


@SQLITE
@pytest.mark.usefixtures("add")
@pytest.mark.parametrize(("hours", "verdict"), [(1, "ok"), (30, "warning"), (80, "red")])
def test_a_new_installation_has_a_night_before_it(hours, verdict):
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(hours=hours))
    assert look("backups").verdict.value == verdict


@pytest.mark.skipif(connection.vendor == "sqlite", reason="it is a server's")
def test_a_server_is_not_backed_up():
    assert look("backups").verdict == Verdict.OK
    assert "Roost does not" in look("backups").words


# ---- the disk


@pytest.mark.parametrize(
    ("total", "free", "verdict"),
    [
        (1000, 900, "ok"),
        (1000, 120, "warning"),
        (1000, 30, "red"),
        (20, 15, "red"),  # MiB: as small as no installation fits on
        (20_000, 1900, "warning"),
        (20_000, 400, "red"),
        (4_000_000, 2100, "ok"),
        (4_000_000, 1000, "warning"),
        (4_000_000, 500, "red"),
    ],
)
def test_a_disk_that_fills(monkeypatch, total, free, verdict):
    fill(monkeypatch, f_blocks=total, f_bavail=free)
    assert look("disk").verdict.value == verdict


@pytest.mark.parametrize(("files", "verdict"), [(1000, "ok"), (9, "warning"), (0, "red")])
def test_a_disk_that_has_room_for_few_files(monkeypatch, files, verdict):
    fill(monkeypatch, f_files=1000, f_favail=files)
    assert look("disk").verdict.value == verdict


def fill(monkeypatch, **columns):
    """Make every disk one of 100 GiB, half full, except as told in MiB and in files."""
    disk = {"f_frsize": 1024 * 1024, "f_blocks": 100_000, "f_bavail": 50_000, "f_files": 0, "f_favail": 0, **columns}
    monkeypatch.setattr("ops.health.disk.os.statvfs", lambda folder: SimpleNamespace(**disk))


# ---- what looking costs


def test_it_takes_a_fixed_number_of_queries(django_assert_num_queries):
    Note.objects.create()
    attempt(Outcome.RETRIED, "cannot be reached")
    write()
    with CaptureQueriesContext(connection) as few:
        health.parts()
    Note.objects.bulk_create([Note() for _ in range(50)])
    for number in range(20):
        attempt(Outcome.RETRIED, "cannot be reached", ago=timedelta(minutes=number))
        write()
    with django_assert_num_queries(len(few)):
        health.parts()
    assert not [query["sql"] for query in few if not query["sql"].startswith(("SELECT", "PRAGMA", "SET", "RESET"))]


@SQLITE
def test_it_reads_no_job_that_is_done():
    with CaptureQueriesContext(connection) as queries:
        health.parts()
    tables = {kind._meta.db_table for kind in kinds()}
    for query in queries:
        if any(f'FROM "{table}"' in query["sql"] for table in tables):
            plan = explain(query["sql"])
            assert "_not_done" in plan, (query["sql"], plan)
            assert "TEMP B-TREE" not in plan, (query["sql"], plan)


def test_whoever_asks_often_hears_the_same_again(monkeypatch):
    monkeypatch.setattr(health, "_latest", health.Latest())
    first = health.latest()
    assert health.latest() is first
    monkeypatch.setattr(health._latest, "until", 0)
    assert health.latest() is not first


def test_while_somebody_looks_the_others_hear_what_was_before(monkeypatch):
    monkeypatch.setattr(health, "_latest", health.Latest())
    before = health.latest()
    monkeypatch.setattr(health._latest, "until", 0)
    with health._latest.lock:
        assert health.latest() is before
