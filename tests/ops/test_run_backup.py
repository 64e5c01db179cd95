"""A backup as a job, which makes an archive and proves it."""

import subprocess
import sys

import pytest

from jobs.models import Status
from ops.backups import catalog, making
from ops.backups.catalog import Reason
from ops.backups.room import BackupError
from ops.models import Backup
from tests.consumer import history, is_done, kill, pid_of, until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def consumer(installation, data):
    with installation.consumer("exports", workers=1) as process:
        yield process


@pytest.mark.slow
def test_a_job_makes_it_and_proves_it(consumer, people):
    job = Backup.objects.start(Reason.BY_HAND, people.alice)
    until(lambda: is_done(job))
    [backup] = catalog.backups()
    assert (backup.name, bool(backup.proven_at)) == (job.archive, True)
    assert job.progress > 0


@pytest.mark.slow
def test_the_night_proves_what_nobody_has_tried(consumer, made):
    job = Backup.objects.start(Reason.NIGHTLY)
    until(lambda: is_done(job))
    assert [bool(backup.proven_at) for backup in catalog.backups()] == [True, True]


def test_one_that_has_not_begun_serves_everybody(data):
    first = Backup.objects.start(Reason.NIGHTLY)
    assert Backup.objects.start(Reason.BY_HAND).pk == first.pk
    first.cancel()
    second = Backup.objects.start(Reason.BY_HAND)
    assert second.pk != first.pk
    second.cancel()


@pytest.mark.slow
def test_its_worker_is_killed_and_the_archive_is_not_made_twice(consumer, data):
    """Killed as soon as the archive is noted in the row: the next attempt goes on with the drill."""
    job = Backup.objects.start(Reason.BY_HAND)

    def has_archive():
        job.refresh_from_db()
        return job.archive

    until(has_archive)
    kill(pid_of(job))
    until(lambda: is_done(job))
    assert history(job) in (["died", "done"], ["done"])  # on a fast machine it was over
    assert [backup.name for backup in catalog.backups()] == [job.archive]
    assert catalog.backups()[0].proven_at


def test_an_archive_that_is_gone_is_told(data, job_errors):
    job = Backup.objects.create(archive="roost-20200101T000000Z.tar.zst", reason=Reason.BY_HAND)
    with pytest.raises(BackupError, match="There is no backup named"):
        job.perform()
    job.cancel()


@pytest.mark.slow
def test_what_the_drill_starts_ends_with_it(data, tmp_path):
    """Killed while the copy is brought to this release: the process that does so ends too."""
    backup = making.make(Reason.BY_HAND)
    code = f"""if True:
        import os, sys, django
        django.setup()
        from pathlib import Path
        from ops.backups import archive, making
        folder = Path({str(tmp_path)!r})
        archive.unpack(Path({str(backup.path)!r}), folder, database=folder / archive.DATABASE, beat=making.no_beat)
        def beat(size):
            print(*Path(f"/proc/self/task/{{os.getpid()}}/children").read_text().split(), flush=True)
            os.kill(os.getpid(), 9)
        making.adopt(folder, beat)
    """
    import os

    from tests.consumer import ROOT, is_alive

    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}"}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == -9, process.stderr
    child = int(process.stdout)
    until(lambda: not is_alive(child))


@pytest.mark.slow
def test_a_cancelled_one_stops(consumer, data):
    big = data / "media" / "exports" / "1" / "8-1.xlsx"
    with big.open("wb") as file:
        file.truncate(3_000_000_000)  # zeros, which take a while all the same
    job = Backup.objects.start(Reason.BY_HAND)
    until(lambda: is_running_well(job))
    assert job.cancel()
    until(lambda: not list(catalog.FOLDER.glob(".work-*")))
    big.unlink()
    assert not catalog.backups()
    job.refresh_from_db()
    assert job.status == Status.CANCELLED


def is_running_well(job):
    job.refresh_from_db()
    return job.status == Status.RUNNING and job.progress > 5_000_000
