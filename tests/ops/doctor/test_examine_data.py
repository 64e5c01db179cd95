"""The data folder, its disk, its files and its database; and the clock."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from jobs.models import ConsumerProcess, Schedule
from ops.doctor import clocks, data
from ops.health import Verdict
from tests.kinds.models import Note
from tests.ops.doctor.examining import found, verdict_of

pytestmark = pytest.mark.django_db

SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's")


# ---- the data folder


@SQLITE
@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("ext4", "ok"),
        ("btrfs", "ok"),
        ("nfs4", "red"),
        ("cifs", "red"),
        ("9p", "red"),
        ("fuse.sshfs", "warning"),
        ("overlay", "warning"),
        ("tmpfs", "warning"),
    ],
)
def test_the_file_system(monkeypatch, kind, verdict):
    monkeypatch.setattr(data, "mount_of", lambda path: data.Mount(path, "/", kind))
    assert verdict_of(data.file_system) == verdict


def test_which_mount_a_path_is_on(tmp_path):
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
        "23 22 0:40 / /srv rw shared:3 master:1 - nfs4 host:/srv rw\n"
        "24 23 8:2 / /srv/my\\040data rw - xfs /dev/sdb1 rw\n"
        "25 23 0:41 / /srv/other rw - tmpfs tmpfs rw\n"
        "26 23 0:42 / /srv/other rw - cifs //host/other rw\n"
    )
    expected = {"/home/a": "ext4", "/srv/x": "nfs4", "/srv/my data/roost": "xfs", "/srvs": "ext4", "/srv/other": "cifs"}
    assert {path: data.mount_of(Path(path), table).kind for path in expected} == expected
    assert data.mount_of(Path("/"), tmp_path / "nothing") is None


def test_a_restore_that_was_cut_short(capsys, monkeypatch, tmp_path):
    assert "half_way" not in found(capsys)
    monkeypatch.setattr("config.lock.RESTORING", tmp_path / "restore.json")
    (tmp_path / "restore.json").touch()
    part = found(capsys)["half_way"]
    assert (part["verdict"], part["words"]) == ("red", "The restore of this data has not come to its end.")


def test_a_folder_that_takes_nothing(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    verdict, words, remedy, _ = data.folder(timezone.now())
    assert verdict == Verdict.RED
    assert words == f"Nothing can be saved in {tmp_path}/gone: No such file or directory."
    assert str(os.geteuid()) in remedy


def test_files_that_others_can_read(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o755)
    key = tmp_path / "secret_key"
    key.write_text("secret")
    key.chmod(0o600)
    assert verdict_of(data.private_files) == "ok"
    key.chmod(0o644)
    verdict, words, remedy, _ = data.private_files(timezone.now())
    assert (verdict, words) == (Verdict.WARNING, "Other users of this machine can read secret_key.")
    assert f"chmod 600 {key}" in remedy
    tmp_path.chmod(0o700)  # nobody else comes that far
    assert verdict_of(data.private_files) == "ok"


def test_a_database_of_an_earlier_release(monkeypatch):
    assert verdict_of(data.migrations) == "ok"
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("exports")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'exports' AND name = %s", [newest])
    verdict, words, _, detail = data.migrations(timezone.now())
    assert (verdict, detail) == (Verdict.RED, {"missing": [f"exports.{newest}"]})
    assert words == "The database lacks 1 change of this release."


# ---- the clock


def test_a_clock_that_was_set_back():
    now = timezone.now()
    assert verdict_of(clocks.clock) == "ok"
    note = Note.objects.create(created_at=now + timedelta(days=2))
    verdict, words, _, _ = clocks.clock(now)
    assert verdict == Verdict.WARNING
    assert words == f"The clock was set back, or that of whoever made the note {note.pk} is 2 days ahead."


def test_a_consumer_from_the_future():
    ConsumerProcess.objects.filter(queue="emails").update(seen_at=timezone.now() + timedelta(minutes=3, seconds=30))
    assert "the consumer elsewhere:6:1 is 3 minutes ahead" in clocks.clock(timezone.now())[1]


def test_a_slot_that_is_too_far_ahead():
    Schedule.objects.filter(name="jobs.trim_history").update(next_slot=timezone.now() + timedelta(days=3))
    assert "whoever opened the last slot of jobs.trim_history" in clocks.clock(timezone.now())[1]


def test_a_disk_whose_clock_is_another(time_machine):
    time_machine.move_to(timezone.now() + timedelta(hours=3, minutes=30))  # our clock: the disk has the true one
    verdict, words, _, _ = clocks.clock(timezone.now())
    assert verdict == Verdict.WARNING
    assert words == "The clock of the data folder's disk is 3 hours behind that of this process."


def test_a_clock_that_stands_before_the_release():
    assert clocks.clock(timezone.now() - timedelta(days=365 * 50))[0] == Verdict.RED


def test_no_time_zone_data(monkeypatch):
    monkeypatch.setattr("ops.doctor.clocks.known_time_zones", lambda: {"UTC"})
    assert verdict_of(clocks.time_zones) == "red"


def test_a_cron_line_that_never_comes_due():
    Schedule.objects.filter(name="jobs.trim_history").update(cron="0 0 30 2 *")
    verdict, words, _, _ = clocks.cron_lines(timezone.now())
    assert verdict == Verdict.RED
    assert words.startswith("jobs.trim_history never runs: “0 0 30 2 *” is not a cron line")
    assert verdict_of(clocks.clock) == "ok"
