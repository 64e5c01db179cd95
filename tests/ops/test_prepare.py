import shutil
import sqlite3
from contextlib import closing

import pytest

from ops import static_files
from tests.consumer import Installation


@pytest.fixture
def style(settings, tmp_path):
    """A site whose only static file this is, and which has been collected."""
    for name in ("static", "collected"):
        (tmp_path / name).mkdir()
    style = tmp_path / "static" / "style.css"
    style.write_text("body { color: black }")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path / "static"], tmp_path / "collected"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    assert static_files.collect()
    return style


def collected(settings):
    return {path.name for path in settings.STATIC_ROOT.glob("style.*.css")}


@pytest.mark.slow
def test_it_works(tmp_path):
    installation = Installation(tmp_path)
    first = installation.run("prepare")
    assert first.returncode == 0, first.stderr
    assert "Updating the database" in first.stdout
    assert not (tmp_path / "backups").exists()  # there was nothing to lose
    assert "No migrations to apply" in installation.run("migrate").stdout
    assert installation.run("prepare").stdout == ""


@pytest.mark.slow
def test_a_damaged_database_is_told_in_words(tmp_path):
    installation = Installation(tmp_path)
    (tmp_path / "roost.sqlite3").write_bytes(b"no longer a database" * 500)
    for command in ("prepare", "backup"):
        result = installation.run(command)
        assert (result.returncode, "Traceback" in result.stderr) == (1, False), result.stderr
        assert "file is not a database" in result.stderr
    assert "manage.py restore FILE" in installation.run("doctor").stdout


def test_files_are_collected_once(style, settings):
    assert len(collected(settings)) == 1
    style.touch()
    assert not static_files.collect()


def test_changed_files_are_collected_again(style, settings):
    before = collected(settings)
    style.write_text("body { color: navy }")
    assert static_files.collect()
    assert len(collected(settings)) == 1
    assert collected(settings) != before


def test_removed_files_are_removed(style, settings):
    style.rename(style.with_name("other.css"))
    assert static_files.collect()
    assert not collected(settings)


def test_a_folder_that_was_emptied_is_filled_again(style, settings):
    shutil.rmtree(settings.STATIC_ROOT)
    assert static_files.collect()
    assert collected(settings)


@pytest.mark.slow
def test_an_older_release_does_not_start_on_a_newer_database(tmp_path, migrated_database):
    shutil.copy(migrated_database, tmp_path / "roost.sqlite3")
    with closing(sqlite3.connect(tmp_path / "roost.sqlite3")) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('orgs', '9999_later', '2099-01-01')"
        )
    refused = Installation(tmp_path).run("prepare")
    assert refused.returncode == 1
    assert "belongs to a newer release" in refused.stderr
    assert "orgs.9999_later" in refused.stderr
