"""On PostgreSQL several people write the same tasks at once: they wait in one order, never for each other."""

from contextlib import contextmanager
from threading import Event as Signal

import pytest
from django.db import connection, transaction

from orgs.models import BulkEdit, Task, TaskChange
from tests.cast import make_cast, make_task
from tests.consumer import until
from tests.ops.alerts.test_lock_alerts import waits
from tests.realtime.test_stand_in_line import beside

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]

LINE = "SELECT pg_advisory_xact_lock"


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def edit(cast):
    """A bulk edit of three tasks that were not alike: it is undone in two groups, the first and the last task first."""
    tasks = [make_task(cast.acme, status=status).pk for status in ("open", "in_progress", "open")]
    return BulkEdit.start(cast.acme, cast.carol, tasks, values={"status": "done"})


@contextmanager
def halted(after, condition):
    """Within the block, this connection halts after its first statement that begins with `after`, until `condition()`.

    Gives a Signal that it has come there; the thread beside it needs that before the block, so that it may be passed.
    """
    reached = Signal()

    def watch(execute, sql, *arguments):
        result = execute(sql, *arguments)
        if sql.startswith(after) and not reached.is_set():
            reached.set()
            until(condition)
        return result

    with connection.execute_wrapper(watch):
        yield reached


def statuses():
    return list(Task.objects.order_by("pk").values_list("status", flat=True))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_who_undoes_is_not_met_by_who_changes_one_of_the_tasks(cast, edit, place):
    with halted(LINE, waits) as told:

        def change():
            assert told.wait(20)
            Task.objects.get(pk=edit.tasks[place]).change(cast.bob, title="Another")

        with beside(change):
            assert edit.undo(cast.carol).changed == 3
    assert statuses() == ["open", "in_progress", "open"]
    assert Task.objects.get(pk=edit.tasks[place]).title == "Another"


def test_who_undoes_is_not_met_by_who_changes_many_of_the_tasks(cast, edit):
    holding, done = Signal(), Signal()
    with halted(LINE, lambda: waits() or done.is_set()) as told:

        def change():
            with transaction.atomic():  # as one statement does that comes to the first of its tasks, then to the next
                Task.objects.filter(pk=edit.tasks[1]).hold()
                holding.set()
                until(lambda: waits() or told.is_set())
                Task.objects.filter(pk=edit.tasks[2]).hold()
                Task.objects.filter(pk__in=edit.tasks[1:]).change(cast.bob, priority=1)
            done.set()

        with beside(change):
            assert holding.wait(20)
            assert edit.undo(cast.carol).changed == 3
    assert statuses() == ["open", "in_progress", "open"]
    assert Task.objects.filter(priority=1).count() == 2


def test_who_deletes_a_task_waits_for_who_changes_it(cast):
    """The history that the change writes would refer to a task that is gone."""
    task = make_task(cast.acme, status="open")
    with halted('INSERT INTO "orgs_taskchange"', waits) as noted:

        def delete():
            assert noted.wait(20)
            Task.objects.get(pk=task.pk).remove(cast.bob)

        with beside(delete):
            task.complete(cast.carol)
    assert not Task.objects.exists()
    assert not TaskChange.objects.exists()
