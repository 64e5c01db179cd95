"""Changing many tasks on a real consumer that is killed in the middle of it."""

from collections import Counter

import pytest

from orgs.models import BulkEdit, Status, Task, TaskChange
from orgs.models.bulk_edit import BATCH
from tests.breakpoints import is_stopped, stopped_at
from tests.cast import make_cast
from tests.consumer import history, is_done, kill, until

pytestmark = pytest.mark.slow

MANY = 2 * BATCH + 1

#: How many are changed when it is killed, and the statement within the next transaction after which it is.
STEPS = {
    "changing": (BATCH, f"INSERT ON orgs_taskchange WHEN (SELECT count(*) FROM orgs_taskchange) > {BATCH + 5}"),
    "done": (MANY, "UPDATE OF status ON orgs_bulkedit WHEN new.status = 'done'"),
}


@pytest.fixture(scope="module")
def cast(installation):
    return make_cast()


@pytest.mark.parametrize(("changed", "step"), STEPS.values(), ids=STEPS)
def test_it_works(installation, cast, changed, step):
    """Each task is changed, and noted, once; whole batches at a time."""
    Task.objects.all().delete()
    Task.objects.bulk_create(Task(organization=cast.acme, title=f"Task {number}") for number in range(MANY))
    tasks = list(Task.objects.values_list("pk", flat=True))
    with installation.consumer("emails", workers=1) as process, stopped_at(step, BulkEdit):
        edit = BulkEdit.start(cast.acme, cast.carol, tasks, values={"status": "done"})
        until(lambda: TaskChange.objects.count() == changed and is_stopped())
        kill(process.pid)
        process.wait()
        assert TaskChange.objects.count() == Task.objects.filter(status=Status.DONE).count() == changed
    with installation.consumer("emails", workers=1):
        until(lambda: is_done(edit))
    assert set(Task.objects.values_list("status", flat=True)) == {Status.DONE}
    noted = Counter(TaskChange.objects.filter(bulk_edit=edit).values_list("task", "actor"))
    assert noted == {(pk, cast.carol.pk): 1 for pk in tasks}
    assert (edit.changed, edit.progress) == (MANY, MANY)
    assert history(edit) == ["died", "done"]
