"""Imports on a real consumer: killed in each of its transactions, and cancelled."""

import pytest
from django.db import connection

from exports.imports.fields import guess
from exports.imports.models import TaskImport
from exports.imports.tasks import delete_expired_imports
from jobs.models import Status
from orgs.models import Arrival, AuditEntry, Task
from orgs.models.arrival import BATCH
from orgs.search import candidates
from realtime.models import Event
from tests.breakpoints import is_stopped, stopped_at
from tests.cast import make_cast
from tests.consumer import history, is_done, kill, pid_of, until
from tests.exports.builders import make_upload

pytestmark = pytest.mark.slow

FEW = 8 * BATCH
#: Enough for an import to be met at work.
MANY = 40 * BATCH

#: Where a worker is killed: the statement within the transaction after which it is.
STEPS = {
    "checked": "INSERT ON orgs_arrival",
    "named": "UPDATE OF arrival_id ON imports_taskimport WHEN new.arrival_id IS NOT NULL",
    "writing": f"UPDATE OF written ON orgs_arrival WHEN new.written = {2 * BATCH}",
    "written": f"INSERT ON orgs_task WHEN (SELECT max(last_id) FROM orgs_arrival) = new.id + {FEW - 1}",
    "done": "UPDATE OF status ON imports_taskimport WHEN new.status = 'done'",
    "opened": "DELETE ON orgs_arrival",
    "told": "INSERT ON realtime_event WHEN new.kind = 'task.changed'",
}


@pytest.fixture(scope="module")
def cast(installation):
    return make_cast()


@pytest.fixture(autouse=True)
def media(installation, settings):
    """The folder in which the processes of the installation read and write."""
    settings.MEDIA_ROOT = installation.folder / "media"


@pytest.fixture(scope="module")
def consumer(installation, cast):
    with installation.consumer("exports", workers=1) as process:
        yield process


@pytest.fixture
def empty(cast):
    for rows in Task._base_manager, Arrival.objects, AuditEntry.objects, Event.objects:
        rows.all().delete()


def start(cast, rows):
    """Carol's import of so many tasks into Acme."""
    lines = "".join(f"Imported {number},open\r\n" for number in range(rows))
    upload = make_upload(cast.acme, cast.carol, f"title,status\r\n{lines}")
    return TaskImport.start(upload, cast.carol, mapping=guess(upload.header()))


def is_running(job):
    job.refresh_from_db()
    return job.status == Status.RUNNING


def is_writing(job):
    """Whether some of its tasks are written, which nobody sees."""
    return is_running(job) and job.arrival is not None and job.arrival.written > 0


def check(cast, job, rows):
    """All tasks are there, once, with nothing else; search knows them, and each who is told is told once."""
    titles = cast.acme.tasks.order_by("-created_at", "-id").values_list("title", flat=True)
    assert list(titles) == [f"Imported {number}" for number in range(rows)]
    assert Task._base_manager.count() == rows
    assert not Arrival.objects.exists()
    (found,) = candidates(cast.acme, "Imported 711", 10)
    assert Task.objects.get(pk=found).title == "Imported 711"
    with connection.cursor() as cursor:  # raises where the index is not what it was made of
        cursor.execute("INSERT INTO orgs_task_text (orgs_task_text) VALUES ('integrity-check')")
        cursor.execute("SELECT count(*) FROM orgs_task_text WHERE orgs_task_text MATCH 'Imp'")
        assert cursor.fetchone() == (rows,)
    assert AuditEntry.objects.filter(action="imported", target=job.label).count() == 1
    assert Event.objects.filter(kind="task.changed").count() == 1
    assert (job.progress, job.total, job.imported, job.rejected) == (rows, rows, rows, 0)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("step", STEPS)
def test_its_worker_is_killed(cast, consumer, step):
    with stopped_at(STEPS[step], TaskImport):
        job = start(cast, FEW)
        until(lambda: is_running(job) and is_stopped())
        assert not cast.acme.tasks.exists()
        kill(pid_of(job))
        until(lambda: is_done(job))
    check(cast, job, FEW)
    assert history(job) == ["died", "done"]


@pytest.mark.usefixtures("empty")
def test_one_that_is_cancelled_leaves_nothing(cast, consumer):
    job = start(cast, MANY)
    until(lambda: is_writing(job))
    assert job.cancel()
    until(lambda: not Arrival.objects.exists())
    assert not Task._base_manager.exists()
    assert candidates(cast.acme, "Imported 711", 10) == []


@pytest.mark.usefixtures("empty")
def test_the_whole_installation_is_killed(installation, cast):
    """At the next start an import goes on; what one has left that was cancelled meanwhile the schedule deletes."""
    with installation.consumer("exports", workers=2) as process:
        jobs = [start(cast, MANY) for _ in range(2)]
        until(lambda: all(map(is_writing, jobs)))
        kill(process.pid)
        process.wait()
    first, second = jobs
    assert second.cancel()
    assert second.arrival
    delete_expired_imports()
    assert list(Arrival.objects.all()) == [first.arrival]
    with installation.consumer("exports", workers=1):
        until(lambda: is_done(first))
    check(cast, first, MANY)
