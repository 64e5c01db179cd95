"""The database: absent, empty, no database at all, and one whose write-ahead log grows."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from ops import doctor, health
from ops.health import Verdict, database
from tests.conftest import default_database
from tests.ops.health.looking import look

pytestmark = pytest.mark.django_db

SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's")


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
