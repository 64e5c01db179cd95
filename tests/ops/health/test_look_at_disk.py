"""Backups that are missing, old or unproven, and a disk that fills."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from ops.backups import catalog
from ops.backups.catalog import BackupFile, Reason
from ops.health import Verdict
from tests.ops.health.looking import look

pytestmark = pytest.mark.django_db

SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's")


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
