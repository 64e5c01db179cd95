"""Files that a backup cannot read: it says which one, and what to do; it never leaves one out without a word."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from exports.models import ExportJob
from jobs.models import Status
from jobs.runner import run
from ops.backups import archive, catalog, making
from ops.backups.archive import layout
from ops.backups.catalog import Reason
from ops.backups.room import BackupError
from ops.models import Backup
from tests.ops.screens import make_job


@pytest.fixture
def folder(data):
    return data / "media" / "exports" / "1"


@contextmanager
def nobody():
    """Within the block this process has no rights beyond those that the mode of a file gives to all."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder that anybody may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def loop(folder):
    """A file that is there and cannot be opened, whoever tries; its name would clear a terminal."""
    path = folder / "7-1\x1b[2J.csv"
    path.symlink_to(path)
    yield path
    path.unlink()


def test_the_job_names_the_file(loop):
    job = Backup.objects.create(reason=Reason.BY_HAND)
    run(Backup, job.pk)
    job.refresh_from_db()
    assert job.status == Status.FAILED
    assert r"7-1\x1b[2J.csv cannot be read: Too many levels of symbolic links. Look at its disk" in job.error
    assert not catalog.backups()


def test_so_does_the_command(installation, loop):
    result = installation.run("backup")
    assert result.returncode == 1
    assert r"7-1\x1b[2J.csv cannot be read" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_others_have_locked_away(open_folder):
    path = open_folder / "1-1.csv"
    path.write_text("x")
    path.chmod(0)
    with nobody(), pytest.raises(BackupError) as raised, layout.reading(path):
        path.open()
    assert f"{path} cannot be read: Permission denied. Make it readable for the user with the number" in str(
        raised.value
    )


def test_a_folder_that_cannot_be_read_is_not_left_out(open_folder):
    locked = open_folder / "exports"
    locked.mkdir(mode=0)
    with nobody(), pytest.raises(BackupError, match="exports cannot be read: Permission denied"):
        archive.size_below(open_folder)


@pytest.fixture
def vanishes(monkeypatch):
    """vanishes(path): the file goes as soon as it is listed."""

    def vanishes(path):
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")

        def files_below(media):
            listed = list(archive.files_below(media))
            assert path in [path for _, path in listed]
            path.unlink()
            return listed

        monkeypatch.setattr("ops.backups.archive.writer.files_below", files_below)

    return vanishes


def test_a_file_that_vanishes_without_its_row_is_told(folder, people, vanishes):
    export = make_job(
        ExportJob, Status.DONE, organization=people.acme, requested_by=people.alice, file="2-1.csv", size=1
    )
    vanishes(folder.parent / str(people.acme.pk) / export.file)
    try:
        with pytest.raises(BackupError, match=rf"2-1.csv is missing, and the export {export.pk} refers to it"):
            making.make(Reason.BY_HAND)
    finally:
        export.delete()
    assert not catalog.backups()


def test_one_whose_row_is_gone_too_is_left_out(folder, vanishes):
    vanishes(folder / "3-1.csv")
    assert not ExportJob.objects.exists()
    backup = making.make(Reason.BY_HAND)
    assert "media/exports/1/3-1.csv" not in [member["name"] for member in backup.manifest["members"]]
