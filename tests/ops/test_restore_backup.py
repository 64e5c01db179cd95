"""Restoring: refused while the site runs, all or nothing whatever is killed, and nothing is lost by it."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from articles.models import Article
from mail.models import Email
from ops.backups import catalog, making
from ops.backups.catalog import Reason
from ops.models import Backup
from tests.articles.builders import make_article
from tests.consumer import ROOT, Installation
from tests.kinds.models import Errand

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def backup(data):
    return making.make(Reason.BY_HAND)


@pytest.fixture
def other(tmp_path, migrated_database):
    """Another installation, without a single row."""
    folder = tmp_path / "other"
    (folder / "media").mkdir(parents=True)
    (folder / "secret_key").write_text("another key, which is long enough to be one as well")
    shutil.copy(migrated_database, folder / "roost.sqlite3")
    return Installation(folder)


@pytest.fixture
def empty(tmp_path):
    """Another installation, with nothing in its data folder."""
    folder = tmp_path / "other"
    folder.mkdir()
    return Installation(folder)


def rows(installation, query):
    with closing(sqlite3.connect(installation.folder / "roost.sqlite3")) as connection:
        return connection.execute(query).fetchall()


def names(installation):
    """What is in the data folder, but for what was put aside, the tests' static files and the folder of uploads."""
    return {path.name for path in installation.folder.iterdir() if not path.name.startswith("replaced-")} - {
        "static",
        "uploads",
    }


def files(installation):
    return {path: path.read_bytes() for path in installation.folder.rglob("*") if path.is_file()}


def aside(installation):
    [folder] = installation.folder.glob("replaced-*")
    return folder


def test_it_works(backup, empty):
    result = empty.run("restore", str(backup.path))
    assert result.returncode == 0, result.stderr
    assert f"Restored {backup.name}: {backup.rows:,} rows in" in result.stdout
    assert "What was here before" not in result.stdout
    assert rows(empty, "SELECT title FROM orgs_task") == [("Mend the roof",)]
    assert (empty.folder / "media/exports/1/1-1.csv").read_bytes() == b"id,title\r\n" * 1000
    assert (empty.folder / "secret_key").read_text().startswith("the key of this installation")
    assert names(empty) == {"lock", "media", "roost.sqlite3", "secret_key"}
    assert not any(path.stat().st_mode & 0o077 for path in empty.folder.rglob("*") if path.is_file())
    assert empty.run("prepare").returncode == 0
    assert empty.run("check").returncode == 0


def test_what_was_there_is_kept_and_can_come_back(backup, other):
    (other.folder / "media" / "theirs").write_text("theirs")
    (other.folder / "queue-emails.sqlite3").write_text("messages")
    result = other.run("restore", str(backup.path))
    folder = aside(other)
    assert f"manage.py restore {folder}" in result.stdout
    assert rows(other, "SELECT title FROM orgs_task") == [("Mend the roof",)]
    assert not (other.folder / "media" / "theirs").exists()
    assert {path.name for path in folder.iterdir()} == {"roost.sqlite3", "media", "secret_key", "queue-emails.sqlite3"}

    result = other.run("restore", str(folder))
    assert result.returncode == 0, result.stderr
    assert rows(other, "SELECT title FROM orgs_task") == []
    assert (other.folder / "media" / "theirs").read_text() == "theirs"
    assert (other.folder / "secret_key").read_text().startswith("another key")


def test_all_of_it_comes_back_where_the_database_is_elsewhere(backup, other, tmp_path):
    database = tmp_path / "disk" / "roost.sqlite3"
    database.parent.mkdir()
    shutil.move(other.folder / "roost.sqlite3", database)
    other.environment["DATABASE_URL"] = f"sqlite:///{database}"
    (other.folder / "media" / "theirs").write_text("theirs")
    assert other.run("restore", str(backup.path)).returncode == 0
    [folder] = database.parent.glob("replaced-*")
    result = other.run("restore", str(folder))
    assert result.returncode == 0, result.stderr
    assert (other.folder / "media" / "theirs").read_text() == "theirs"
    assert (other.folder / "secret_key").read_text().startswith("another key")


@pytest.mark.parametrize("which", ["its own", "another"])
def test_a_data_folder_is_none_that_was_put_aside(other, tmp_path, migrated_database, which):
    """It was moved away, piece by piece, where somebody gave the folder of all data for that of a backup."""
    (other.folder / "media" / "theirs").write_text("theirs")
    folder = other.folder if which == "its own" else tmp_path / "third"
    if which == "another":
        folder.mkdir()
        shutil.copy(migrated_database, folder / "roost.sqlite3")
    before, theirs = files(other), set(folder.iterdir())
    result = other.run("restore", str(folder))
    assert (result.returncode, "is no folder that a restore has put aside" in result.stderr) == (1, True)
    after = files(other)
    after.pop(other.folder / "lock", None)
    assert after == before
    assert theirs <= set(folder.iterdir())


def test_it_is_refused_while_the_site_runs(installation, backup):
    with installation.consumer("emails"):
        result = installation.run("restore", str(backup.path))
        assert result.returncode == 1
        assert f"Roost is running on {installation.folder}. Stop it first" in result.stderr
        assert installation.run("backup").returncode == 0  # which is for running sites
    assert not list(installation.folder.glob("replaced-*"))


@pytest.mark.parametrize("kind", ["damaged", "missing", "newer", "a folder"])
def test_what_cannot_be_restored_changes_nothing(data, backup, other, kind, tmp_path):
    path = tmp_path / "bad.tar.zst"
    if kind == "damaged":
        path.write_bytes(backup.path.read_bytes()[:-1000])
    elif kind == "newer":
        MigrationRecorder(connection).record_applied("orgs", "0999_teams")
        path = making.make(Reason.BY_HAND).path
        MigrationRecorder(connection).record_unapplied("orgs", "0999_teams")
    elif kind == "a folder":
        path.mkdir()
    before = files(other)
    result = other.run("restore", str(path))
    assert (result.returncode, "Nothing was changed." in result.stderr) == (1, True), result.stderr
    after = files(other)
    after.pop(other.folder / "lock", None)
    assert after == before
    assert not (other.folder / "restoring").exists()


def test_a_kill_at_any_step_leaves_what_the_next_restore_ends(tmp_path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}"}
    environment.pop("DATABASE_URL", None)
    process = subprocess.run(
        [sys.executable, "-m", "tests.ops.interrupted_restore"],
        env={**environment, "SECRET_KEY": "for this test"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    result = json.loads(process.stdout)
    assert result["wrong"] == [], process.stderr
    assert result["killed"] >= 12


def test_nothing_runs_on_half_of_it_and_a_start_ends_it(backup, other):
    """Killed when the old database is put aside, and the new one is not in place yet."""
    code = f"""if True:
        import os, sys, django
        django.setup()
        from pathlib import Path
        from ops.backups.restore import restore
        def count(event, arguments):
            if event == "os.rename" and str(arguments[0]).endswith(".restoring"):
                os.kill(os.getpid(), 9)
        sys.addaudithook(count)
        restore(Path({str(backup.path)!r}), print)
    """
    environment = {**other.environment, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}"}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=False, capture_output=True)
    assert killed.returncode == -9
    assert not (other.folder / "roost.sqlite3").exists()
    for program in (["run_huey", "--queue", "emails"], ["run_web"]):
        result = other.run(*program)
        assert result.returncode == 1
        assert "was interrupted. `manage.py prepare` ends it" in result.stderr
    result = other.run("prepare")
    assert (result.returncode, "Ended the restore of" in result.stdout) == (0, True), result.stderr
    assert rows(other, "SELECT title FROM orgs_task") == [("Mend the roof",)]
    assert (aside(other) / "roost.sqlite3").exists()


# ---- what was unfinished when the backup was made


@pytest.fixture
def unfinished(data, people):
    """What was going on at the moment of a backup. Gives the backup."""

    def email(kind, **columns):
        key = f"{kind}:{columns}"
        return Email.objects.create(
            kind=kind, key=key, recipient="a@acme.test", subject=kind, message_id=f"<{key}>", **columns
        )

    running = {"status": "running", "attempt": 1, "worker": "gone:1:1", "started_at": timezone.now()}
    made = [
        Errand.objects.create(action="nothing", **running),
        Backup.objects.create(reason=Reason.NIGHTLY, **running),
        email("letter"),
        email("notice"),
        email("account"),
        email("of an old release"),
        email("notice", status="done"),
        email("notice", handed_over_in=1, **running),
    ]
    article = make_article(people.acme, people.carol)
    article.notifications.all().delete()
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Article.objects.filter(pk=article.pk).update(status="scheduled", published_at=None, publish_at=an_hour_ago)
    yield making.make(Reason.NIGHTLY)
    for row in [*made, article]:
        row.delete()


def test_what_was_unfinished_is_settled(unfinished, empty):
    result = empty.run("restore", str(unfinished.path))
    assert "resumed at the next start: 1." in result.stdout, result.stdout + result.stderr
    assert "probably have since: 4." in result.stdout

    # Jobs that ran are resumed, and that does not count as a death; the backup itself is not made again.
    assert rows(empty, "SELECT status FROM kinds_errand") == [("pending",)]
    assert rows(empty, "SELECT outcome FROM jobs_attempt WHERE kind = 'kinds.errand'") == [("interrupted",)]
    assert rows(empty, "SELECT status FROM ops_backup") == [("cancelled",)]

    # Mail that has probably left since: it is sent again, or waits for a person, as its kind says.
    assert rows(empty, "SELECT kind, status FROM mail_email ORDER BY id") == [
        ("letter", "pending"),
        ("notice", "uncertain"),
        ("account", "pending"),
        ("of an old release", "uncertain"),
        ("notice", "done"),
        ("notice", "uncertain"),
    ]

    # An article whose time came since is published, and nobody is told of it a second time by itself.
    assert rows(empty, "SELECT status FROM articles_article") == [("published",)]
    [(status, error)] = rows(empty, "SELECT status, error FROM articles_articlenotification")
    assert (status, "has probably been sent since" in error) == ("failed", True)


def test_the_list_tells_which_there_are(installation, backup):
    making.prove(backup)
    (catalog.FOLDER / "theirs.tar.zst").write_bytes(b"")
    listed = installation.run("backup", "--list").stdout.splitlines()
    (catalog.FOLDER / "theirs.tar.zst").unlink()
    assert str(backup.path) in listed[1]
    assert "proven" in listed[1]
    assert "copied here  not proven yet" in listed[0]
    missing = installation.run("restore", "nowhere.tar.zst")
    assert (missing.returncode, "manage.py backup --list" in missing.stderr) == (1, True)
