"""The drill: only an archive that was unpacked, checked, counted and brought to this release counts as proven."""

import io
import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from datetime import timedelta

import pytest
import zstandard
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from ops.backups import catalog, making
from ops.backups.catalog import Reason
from ops.backups.room import BackupError, NoRoom

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def forged(made, tmp_path):
    """forged(change) replaces the archive by one that `change(members)`, a dict of content by name, has changed. Its
    manifest fits what it then holds, unless that is changed by `manifest`, a function of it."""

    def forged(change=lambda members: None, manifest=lambda manifest: None):
        import hashlib

        from tests.ops.test_make_backup import members_of

        members = members_of(made.path)
        change(members)
        if "manifest.json" in members:
            told = json.loads(members.pop("manifest.json"))
            told["members"] = [
                {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for name, content in members.items()
            ]
            manifest(told)
            members["manifest.json"] = json.dumps(told).encode()
        with (
            made.path.open("wb") as file,
            zstandard.ZstdCompressor().stream_writer(file) as packed,
            tarfile.open(fileobj=packed, mode="w|") as tar,
        ):
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return made

    return forged


def changed_database(members, tmp_path, *statements):
    file = tmp_path / "changed.sqlite3"
    file.write_bytes(members["roost.sqlite3"])
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    members["roost.sqlite3"] = file.read_bytes()


def test_it_works(made):
    assert not catalog.find(made.name).is_tried
    making.prove(made)
    proven = catalog.find(made.name)
    assert proven.proven_at > timezone.now() - timedelta(minutes=1)
    assert (proven.error, proven.reason) == ("", Reason.BY_HAND)
    assert "members" not in proven.manifest
    assert not list(catalog.FOLDER.glob(".work-*"))


def refused(backup, words):
    """It is not proven, and what is wrong is noted beside it."""
    with pytest.raises(BackupError, match=words):
        making.prove(backup)
    noted = catalog.find(backup.name)
    assert noted.proven_at is None
    assert noted.error
    return noted


def test_one_bit_is_enough(made):
    content = bytearray(made.path.read_bytes())
    content[len(content) // 2] ^= 1
    made.path.write_bytes(content)
    refused(made, "damaged")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999])
def test_one_that_was_cut_short(made, share):
    content = made.path.read_bytes()
    made.path.write_bytes(content[: int(len(content) * share)])
    refused(made, "damaged|cut short")


def test_one_without_its_last_member(forged):
    refused(forged(lambda members: members.pop("manifest.json")), "was cut short: it has no manifest")


def test_a_file_that_was_exchanged(forged):
    def manifest(told):
        told["members"][-1]["sha256"] = "0" * 64

    refused(forged(manifest=manifest), "media/exports/1/1-1.csv is not what was written")


@pytest.mark.slow
def test_no_room_is_noted_and_no_fault_of_the_archive(made, installation, monkeypatch):
    usage = shutil.disk_usage(made.path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))
        with pytest.raises(NoRoom):
            making.prove(made)
    noted = catalog.find(made.name)
    assert (noted.error, noted.is_tried) == ("", False)
    assert noted.doubt.startswith("No room for the unpacked backup: it needs")
    assert f"not proven: {noted.no_room}" in installation.run("backup", "--list").stdout
    making.prove(noted)
    proven = catalog.find(made.name)
    assert (bool(proven.proven_at), proven.no_room) == (True, "")


ODD = ["media/exports/1/1-1.csv/x", "media/exports/./1/1-1.csv", f"media/{'x' * 300}"]


@pytest.mark.parametrize(
    "name", ["../outside", "/outside", "media/../../outside", "media", "outside", "secret_key/x", *ODD]
)
def test_names_that_lead_elsewhere(forged, name):
    refused(
        forged(lambda members: members.update({name: b"x", "manifest.json": members.pop("manifest.json")})),
        "is no backup",
    )
    assert not list(catalog.FOLDER.parent.rglob("outside"))


def test_a_link_is_no_plain_file(made):
    with (
        made.path.open("wb") as file,
        zstandard.ZstdCompressor().stream_writer(file) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        info = tarfile.TarInfo("media/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    refused(made, "media/link is no plain file")


def test_a_later_form(forged):
    refused(forged(manifest=lambda told: told.update(format=2)), "needs a newer Roost")


def test_a_database_that_is_damaged(forged):
    def change(members):
        content = bytearray(members["roost.sqlite3"])
        content[40 * 4096 : 60 * 4096] = bytes(20 * 4096)
        members["roost.sqlite3"] = bytes(content)

    refused(forged(change), "The database is damaged|The database cannot be read")


def test_a_row_whose_parent_is_missing(forged, tmp_path):
    def change(members):
        changed_database(members, tmp_path, "UPDATE orgs_membership SET user_id = 4711 WHERE id = 1")

    refused(forged(change), "Rows refer to others that do not exist: 1, such as row 1 of orgs_membership")


def test_a_row_too_few(forged, tmp_path):
    def change(members):
        changed_database(members, tmp_path, "DELETE FROM orgs_task")

    refused(forged(change), "The table orgs_task has 0 rows instead of 1")


def test_a_newer_release(forged):
    def manifest(told):
        told["migrations"].append(["orgs", "0999_teams"])
        told["release"] = "9.0+abcdef"

    refused(forged(manifest=manifest), r"newer release \(9.0\+abcdef\).* such as orgs.0999_teams")


@pytest.mark.parametrize("app", making.RETIRED_APPS)
def test_an_earlier_release_with_an_app_that_is_no_more(data, app):
    MigrationRecorder(connection).record_applied(app, "0001_initial")
    assert making.prove(making.make(Reason.BY_HAND)).proven_at


def test_a_migration_that_does_not_fit(forged, tmp_path):
    """The database says that it lacks a migration whose table it has."""

    def change(members):
        changed_database(members, tmp_path, "DELETE FROM django_migrations WHERE app = 'ops'")

    def manifest(told):
        told["rows"]["django_migrations"] -= sum(app == "ops" for app, _ in told["migrations"])

    refused(forged(change, manifest), "cannot be brought to this release: .*already exists")


@pytest.mark.slow
def test_what_somebody_copied_here_can_be_proven(made):
    other = made.path.with_name("from the old server.tar.zst")
    shutil.copy(made.path, other)
    making.prove(catalog.find(other.name))
    found = catalog.find(other.name)
    assert found.proven_at
    assert (found.reason, found.rows) == (Reason.COPIED, made.rows)
