"""Imports on a real consumer: killed while it checks rows, while it writes them, while they become tasks; cancelled."""

import time

import pytest
from django.db import connection, transaction

from exports.imports.fields import guess
from exports.imports.models import StagedTask, TaskImport
from exports.imports.tasks import delete_expired_imports
from jobs.models import Status
from orgs.models import Task
from orgs.search import candidates
from tests.cast import make_cast
from tests.consumer import history, is_alive, is_done, kill, pid_of, until
from tests.exports.builders import make_upload

#: Enough for an import to be caught at work.
ROWS = 4_000


@pytest.fixture(scope="module")
def cast(installation):
    return make_cast()


@pytest.fixture(autouse=True)
def media(installation, settings):
    """The folder in which the processes of the installation read and write."""
    settings.MEDIA_ROOT = installation.folder / "media"


@pytest.fixture
def consumer(installation, cast):
    with installation.consumer("exports", workers=1) as process:
        yield process


@pytest.fixture
def job(cast):
    """Carol's import of so many tasks into an Acme without tasks."""
    Task.objects.all().delete()
    rows = "".join(f"Imported {number},open\r\n" for number in range(ROWS))
    upload = make_upload(cast.acme, cast.carol, f"title,status\r\n{rows}")
    return TaskImport.start(upload, cast.carol, mapping=guess(upload.header()))


def is_checking(job):
    job.refresh_from_db()
    return job.status == Status.RUNNING


def has_staged(rows):
    return StagedTask.objects.count() >= rows


def check(cast, job):
    """All tasks are there, once, with nothing else, and search knows them."""
    titles = cast.acme.tasks.order_by("-created_at", "-id").values_list("title", flat=True)
    assert list(titles) == [f"Imported {number}" for number in range(ROWS)]
    until(lambda: not StagedTask.objects.exists())
    (found,) = candidates(cast.acme, "Imported 3711", 10)
    assert Task.objects.get(pk=found).title == "Imported 3711"
    with connection.cursor() as cursor:  # raises where the index is not what it was made of
        cursor.execute("INSERT INTO orgs_task_text (orgs_task_text) VALUES ('integrity-check')")
        cursor.execute("SELECT count(*) FROM orgs_task_text WHERE orgs_task_text MATCH 'Imp'")
        assert cursor.fetchone() == (ROWS,)


def test_it_works(cast, job, consumer):
    until(lambda: is_done(job))
    check(cast, job)
    assert (job.progress, job.total, job.imported, job.rejected) == (ROWS, ROWS, ROWS, 0)


@pytest.mark.parametrize("rows", [0, 1000, ROWS - 1500], ids=["checking", "writing", "late"])
def test_its_worker_is_killed(cast, job, consumer, rows):
    until(lambda: is_checking(job) and has_staged(rows))
    assert not cast.acme.tasks.exists()
    kill(pid_of(job))
    until(lambda: is_done(job))
    check(cast, job)
    assert history(job) == ["died", "done"]


def test_its_worker_is_killed_in_the_transaction(cast, job, consumer):
    until(lambda: is_checking(job))
    while StagedTask.objects.count() < ROWS:
        time.sleep(0.01)
    with transaction.atomic():  # the worker waits for this at its last transaction, or is in it already
        kill(pid_of(job))
        until(lambda: not is_alive(pid_of(job)))
    until(lambda: is_done(job))
    check(cast, job)


def test_the_whole_consumer_is_killed(installation, cast, job):
    with installation.consumer("exports", workers=1) as process:
        until(lambda: is_checking(job) and has_staged(1000))
        kill(process.pid)
        process.wait()
    with installation.consumer("exports", workers=1):
        until(lambda: is_done(job))
        check(cast, job)


def test_one_that_is_cancelled_leaves_nothing(cast, job, consumer):
    until(lambda: is_checking(job) and has_staged(1000))
    assert job.cancel()
    until(lambda: not StagedTask.objects.exists())
    assert not cast.acme.tasks.exists()
    assert candidates(cast.acme, "Imported 3711", 10) == []


def test_what_was_staged_by_one_that_was_killed_and_cancelled_is_deleted(installation, cast, job):
    with installation.consumer("exports", workers=1) as process:
        until(lambda: is_checking(job) and has_staged(1000))
        kill(process.pid)
        process.wait()
    assert job.cancel()
    assert StagedTask.objects.exists()
    delete_expired_imports()
    assert not StagedTask.objects.exists()
    assert candidates(cast.acme, "Imported 3711", 10) == []
