"""Making a backup: what is in it, and that nobody else notices."""

import hashlib
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import tarfile
import time
from contextlib import closing
from threading import Event, Thread

import pytest
import zstandard
from django.db import connection

from config.release import RELEASE
from ops.backups import archive, catalog, database, making, room
from ops.backups.catalog import Reason
from orgs.models import Task
from tests.cast import make_task
from tests.consumer import SOON

pytestmark = pytest.mark.timeout(120)


def members_of(path):
    """The content of an archive by name, read without anything of ours."""
    with (
        path.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as unpacked,
        tarfile.open(fileobj=unpacked, mode="r|") as tar,
    ):
        return {info.name: tar.extractfile(info).read() for info in tar}


def test_it_works(installation, data):
    result = installation.run("backup")
    assert result.returncode == 0, result.stderr
    assert "Proven" in result.stdout
    [backup] = catalog.backups()
    assert backup.reason == Reason.BY_HAND
    assert backup.proven_at

    members = members_of(backup.path)
    assert list(members) == ["roost.sqlite3", "secret_key", "media/exports/1/1-1.csv", "manifest.json"]
    manifest = json.loads(members["manifest.json"])
    for member in manifest["members"]:
        content = members[member["name"]]
        assert (member["size"], member["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert manifest["release"] == RELEASE
    assert manifest["rows"]["accounts_user"] == 5
    assert ["orgs", "0001_initial"] in manifest["migrations"]


def test_nobody_else_may_read_it_and_nothing_else_is_left(data):
    backup = making.make(Reason.BY_HAND)
    names = sorted(path.name for path in catalog.FOLDER.iterdir())
    assert names == [backup.name.replace(".tar.zst", ".json"), backup.name]
    assert not any(path.stat().st_mode & 0o077 for path in [catalog.FOLDER, *catalog.FOLDER.iterdir()])


def test_tar_opens_it(data, tmp_path):
    if not shutil.which("zstd"):
        pytest.skip("tar needs zstd for it")
    backup = making.make(Reason.BY_HAND)
    subprocess.run(["tar", "--zstd", "-xf", backup.path, "-C", tmp_path], check=True)
    with closing(sqlite3.connect(tmp_path / "roost.sqlite3")) as unpacked:
        assert unpacked.execute("SELECT title FROM orgs_task").fetchall() == [("Mend the roof",)]


@pytest.mark.slow
def test_it_goes_where_it_is_told(installation, data, tmp_path):
    output = tmp_path / "mine.tar.zst"
    assert installation.run("backup", "--output", str(output)).returncode == 0
    assert "secret_key" in members_of(output)
    assert not catalog.backups()
    again = installation.run("backup", "--output", str(output))
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    nowhere = installation.run("backup", "--output", str(tmp_path / "no" / "mine.tar.zst"))
    assert (nowhere.returncode, "There is no folder" in nowhere.stderr) == (2, True)


# ---- beside others


@pytest.fixture
def busy_writer(data):
    """Somebody who commits without a pause, in a thread with a connection of their own. Gives how often, in a list."""
    stop, commits = Event(), [0]

    def write():
        with closing(sqlite3.connect(database.path(), timeout=20, isolation_level=None)) as own:
            own.execute("PRAGMA synchronous = OFF")  # as many commits as possible
            own.execute("CREATE TABLE scratch (number INTEGER, filling TEXT)")
            while not stop.is_set():
                own.execute("INSERT INTO scratch VALUES (?, ?)", [commits[0], "x" * 500])
                commits[0] += 1
            own.execute("DROP TABLE scratch")

    thread = Thread(target=write)
    thread.start()
    while not commits[0]:
        pass
    yield commits
    stop.set()
    thread.join()


def test_a_hard_writer_does_not_make_the_copy_begin_again(busy_writer, tmp_path, monkeypatch):
    """Somebody commits between any two steps. Each beat tells the bytes of one: a copy that began again would tell more
    than the database has, or never end."""
    monkeypatch.setattr(database, "STEP", 16 * 1024)
    copied = []

    def beat(size):
        copied.append(size)
        assert sum(copied) < 100_000_000
        seen = busy_writer[0]
        while busy_writer[0] == seen:
            time.sleep(0)

    database.copy(database.path(), tmp_path / "copy", beat)
    assert len(copied) > 20
    assert all(size >= 0 for size in copied)
    assert sum(copied) == (tmp_path / "copy").stat().st_size
    with closing(sqlite3.connect(f"file:{tmp_path / 'copy'}?immutable=1", uri=True)) as copy:
        numbers = [number for (number,) in copy.execute("SELECT number FROM scratch ORDER BY rowid")]
        assert numbers == list(range(len(numbers)))  # one moment, not several
        assert len(numbers) < busy_writer[0] - 20
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.slow
def test_what_is_written_while_it_is_made_is_not_in_it(data):
    made = []

    def beat(size):
        if not made:
            made.append(make_task(Task.objects.get(title="Mend the roof").organization, "Too late"))

    backup = making.make(Reason.BY_HAND, beat)
    assert backup.manifest["rows"]["orgs_task"] == Task.objects.count() - 1
    assert making.prove(backup).proven_at
    made[0].delete()


@pytest.mark.slow
def test_a_file_that_vanishes_meanwhile_is_left_out(data):
    fleeting = data / "media" / "exports" / "1" / "0-1.csv"
    fleeting.write_text("soon gone")
    listed = archive.files_below(data / "media")

    def beat(size):
        fleeting.unlink(missing_ok=True)

    assert ("exports/1/0-1.csv", fleeting) in listed
    backup = making.make(Reason.BY_HAND, beat)
    names = [member["name"] for member in making.prove(backup).manifest["members"]]
    assert names == ["roost.sqlite3", "secret_key", "media/exports/1/1-1.csv"]


def test_half_written_exports_are_left_out_and_links_are_followed(data, tmp_path):
    folder = data / "media" / "exports"
    (folder / "1" / "2-1.csv.tmp").write_text("half")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "5-1.csv").write_text("on another disk")
    (folder / "2").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "loop").symlink_to(folder)
    os.mkfifo(folder / "1" / "pipe")
    names = set(members_of(making.make(Reason.BY_HAND).path))
    for path in (folder / "1" / "2-1.csv.tmp", folder / "2", folder / "1" / "pipe"):
        path.unlink()
    assert {name for name in names if name.startswith("media")} == {
        "media/exports/1/1-1.csv",
        "media/exports/2/5-1.csv",
    }


# ---- what goes wrong


def test_it_is_refused_where_it_would_fill_the_disk(data, monkeypatch):
    usage = shutil.disk_usage(data)
    nearly_full = usage._replace(free=room.reserve(usage.total) + 100_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: nearly_full)
    with pytest.raises(room.NoRoom, match=r"No room for a backup: it needs .* Free some space"):
        making.make(Reason.BY_HAND)
    assert not list(catalog.FOLDER.iterdir())


def test_it_stops_before_the_disk_is_full(data, monkeypatch):
    usage = shutil.disk_usage(data)
    watch = room.Watch(data, "a backup")
    watch(room.LOOK)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=usage.total // 1000))
    watch(room.LOOK // 2)  # it does not look at each piece
    with pytest.raises(room.NoRoom):
        watch(room.LOOK // 2)


@pytest.mark.parametrize("size", [400_000, 1_500_000], ids=["in the copy", "in the archive"])
def test_a_full_disk_is_told_in_words_and_nothing_is_left(installation, data, size):
    """No file of the process can grow beyond `size` bytes; the database has some 900,000."""
    noise = data / "media" / "exports" / "1" / "9-1.xlsx"
    noise.write_bytes(os.urandom(1_600_000))
    process = installation.start(
        "backup", stderr=subprocess.PIPE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    )
    words = process.communicate(timeout=SOON)[1]
    noise.unlink()
    assert process.returncode == 1
    assert words.startswith("CommandError: ")
    assert "Free some space" in words or "Is the disk full" in words
    assert not list(catalog.FOLDER.iterdir())


def test_what_killed_ones_left_is_removed(data):
    catalog.FOLDER.mkdir(mode=0o700, exist_ok=True)
    (catalog.FOLDER / ".work-1").mkdir()
    (catalog.FOLDER / ".work-1" / "roost.sqlite3").write_text("half a copy")
    for name in ("roost-20200101T000000Z.tar.zst.tmp", "roost-20200101T000000Z.json"):
        (catalog.FOLDER / name).write_text("half")
    backup = making.make(Reason.BY_HAND)
    assert {path.name for path in catalog.FOLDER.glob("*.*")} == {backup.name, backup.name.replace(".tar.zst", ".json")}


def test_postgresql_is_not_ours_to_back_up(data, settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    with pytest.raises(room.BackupError, match="pg_dump"):
        making.make(Reason.BY_HAND)


def test_the_log_is_short_afterwards(busy_writer, data):
    """Nobody who writes next has to bring a long write-ahead log into the database."""
    making.make(Reason.BY_HAND)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _, pages, done = cursor.fetchone()
    assert pages - done < 2000
