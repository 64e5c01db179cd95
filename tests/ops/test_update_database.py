"""Migrations at a start: backed up before, and back to that where one fails; a kill in between is gone on with."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from tests.cast import make_org, make_task
from tests.conftest import default_database
from tests.consumer import Installation
from tests.postgres import new_database
from tests.roost import LONG

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


class Updated(Installation):
    """An installation whose code has been replaced by that of a later release (`tests.ops.updating`)."""

    def update(self, does):
        """Start, and let the second migration `succeed`, `fail` or `die`."""
        (self.folder / "update-does").write_text(does)
        return self.run("prepare")

    def rows(self, query):
        with closing(sqlite3.connect(self.folder / "roost.sqlite3")) as connection:
            return connection.execute(query).fetchall()

    @property
    def tables(self):
        return {name for (name,) in self.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'updating%'")}

    @property
    def titles(self):
        return [title for (title,) in self.rows("SELECT title FROM orgs_task")]

    @property
    def backups(self):
        return sorted(path.name for path in (self.folder / "backups").glob("*.tar.zst"))


@pytest.fixture
def updated(tmp_path, migrated_database, django_db_blocker):
    database = tmp_path / "roost.sqlite3"
    shutil.copy(migrated_database, database)
    with django_db_blocker.unblock(), default_database(database):
        make_task(make_org("Acme"), "as it was")
    return Updated(tmp_path, DJANGO_SETTINGS_MODULE="tests.ops.updating.settings")


def test_it_works(updated):
    result = updated.update("succeed")
    assert result.returncode == 0, result.stderr
    assert "Backing up the database and the files before the update." in result.stdout
    assert updated.titles == ["changed"]
    [name] = updated.backups
    # It is proven by the consumer, which is about to start.
    assert updated.rows("SELECT archive, status FROM ops_backup") == [(name, "pending")]
    known = json.loads((updated.folder / "backups" / name.replace(".tar.zst", ".json")).read_text())
    assert (known["reason"], known["proven_at"]) == ("update", None)
    assert not (updated.folder / "update.json").exists()
    assert updated.run("prepare").stdout == ""
    assert updated.backups == [name]


def test_one_that_fails_goes_back_by_itself_and_says_so(updated):
    before = updated.rows("SELECT app, name FROM django_migrations")
    result = updated.update("fail")
    assert result.returncode == 1
    assert "ValueError: The notes do not add up. The database is as it was before" in result.stderr
    assert "Start the release that ran until now" in result.stderr
    assert updated.rows("SELECT app, name FROM django_migrations") == before
    assert (updated.tables, updated.titles) == (set(), ["as it was"])
    assert updated.rows("PRAGMA integrity_check") == [("ok",)]
    assert len(updated.backups) == 1
    assert not (updated.folder / "update.json").exists()
    assert updated.update("succeed").returncode == 0  # a mended release
    assert updated.titles == ["changed"]


def test_one_that_is_killed_is_gone_on_with(updated):
    assert updated.update("die").returncode == -9
    [name] = updated.backups
    assert updated.titles == ["changed"]  # half of the update
    refused = updated.run("run_huey", "--queue", "emails")
    assert (refused.returncode, "an update of" in refused.stderr) == (1, True)
    result = updated.update("succeed")
    assert result.returncode == 0, result.stderr
    assert f"Going on with an update that was interrupted. The backup from before it is {name}." in result.stdout
    assert updated.rows("SELECT * FROM updating_note") == [(1,)]
    assert updated.backups == [name]


def test_one_that_is_killed_and_then_fails_goes_back_to_before_both(updated):
    assert updated.update("die").returncode == -9
    result = updated.update("fail")
    assert (result.returncode, "as it was before" in result.stderr) == (1, True)
    assert (updated.tables, updated.titles) == (set(), ["as it was"])


def test_the_release_before_goes_back_and_a_later_update_makes_a_backup_of_its_own(updated):
    """Half of an update is nothing for a release that does not know it; what is written since must not be lost by going
    back once more."""
    assert updated.update("die").returncode == -9
    assert updated.titles == ["changed"]
    [name] = updated.backups
    updated.environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    result = updated.run("prepare")
    assert (result.returncode, f"Going back to {name}" in result.stdout) == (0, True), result.stderr
    assert (updated.tables, updated.titles) == (set(), ["as it was"])
    assert not (updated.folder / "update.json").exists()
    assert updated.run("prepare").stdout == ""
    updated.environment["DJANGO_SETTINGS_MODULE"] = "tests.ops.updating.settings"
    with closing(sqlite3.connect(updated.folder / "roost.sqlite3")) as connection:
        connection.execute("UPDATE orgs_task SET title = 'written since'")
        connection.commit()
    assert updated.update("fail").returncode == 1
    assert updated.titles == ["written since"]
    assert len(updated.backups) == 2


def test_where_it_cannot_go_back_nothing_runs_and_a_restore_is_the_way_out(updated):
    assert updated.run("backup").returncode == 0
    [good] = updated.backups
    assert updated.update("die").returncode == -9
    [bad] = set(updated.backups) - {good}
    archive = updated.folder / "backups" / bad
    archive.write_bytes(archive.read_bytes()[:1000])
    result = updated.update("fail")
    assert (result.returncode, "Traceback" in result.stderr.rpartition("CommandError")[2]) == (1, False)
    assert f"could not go back to {archive}: Damaged: {bad} is damaged" in result.stderr
    assert "was interrupted" in updated.run("run_huey", "--queue", "emails").stderr

    updated.environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    result = updated.run("restore", str(updated.folder / "backups" / good))
    assert result.returncode == 0, result.stderr
    assert not (updated.folder / "update.json").exists()
    assert updated.run("prepare").returncode == 0
    assert updated.titles == ["as it was"]


def test_it_is_refused_while_the_site_runs(updated):
    updated.environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # the release before
    with updated.consumer("emails"):
        updated.environment["DJANGO_SETTINGS_MODULE"] = "tests.ops.updating.settings"
        result = updated.update("succeed")
    assert (result.returncode, "Stop it first" in result.stderr) == (1, True)
    assert updated.titles == ["as it was"]


# ---- PostgreSQL, which nobody takes back


@pytest.fixture
def on_postgres(tmp_path):
    """An installation on a server, up to date but for the later release's migrations."""
    with new_database() as url:
        installation = Updated(tmp_path, DATABASE_URL=url)
        installation.environment["DATABASE_URL"] = url
        assert installation.start("prepare").wait(LONG) == 0
        installation.environment["DJANGO_SETTINGS_MODULE"] = "tests.ops.updating.settings"
        yield installation


def test_on_postgresql_it_says_how_far_an_update_has_come(on_postgres):
    result = on_postgres.update("fail")
    assert result.returncode == 1
    words = result.stderr.rpartition("CommandError: ")[2]
    assert (
        "ValueError: The notes do not add up. It stopped in updating.0002_end_badly, of which nothing is left" in words
    )
    assert "What was changed before it stays: updating.0001_change_much." in words
    assert "pg_restore" in words
    result = on_postgres.update("fail")
    assert "Nothing else was changed: start the release that ran until now" in result.stderr
    assert on_postgres.update("succeed").returncode == 0
