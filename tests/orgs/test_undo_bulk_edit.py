"""Undoing a change of many tasks."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from jobs.models import Status as JobStatus
from orgs.models import BulkEdit, Priority, Status
from orgs.models.bulk_edit import CannotUndo
from tests.orgs.many_tasks import LIST, START, column, said, start


@pytest.fixture
def mixed(cast, tasks):
    """The tasks with different values."""
    tasks[0].change(None, priority=Priority.LOW, assigned_to=cast.alice)
    tasks[1].change(None, status=Status.IN_PROGRESS)
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        tasks[2].complete()
    return tasks


COLUMNS = ("status", "priority", "assigned_to", "completed_at")


def test_undoing_brings_everything_back(cast, carol, mixed):
    before = [column(name) for name in COLUMNS]
    wanted = {"task": [task.pk for task in mixed], "status": "open", "priority": "1", "assigned_to": cast.bob.pk}
    page = carol.post(START, wanted, follow=True)
    undo = f"{LIST}bulk/{BulkEdit.objects.get().pk}/undo/"
    assert f'action="{undo}"' in page.content.decode()
    assert [column(name) for name in COLUMNS] != before
    page = carol.post(undo, {"next": f"{LIST}?sort=due"}, follow=True)
    assert page.redirect_chain == [(f"{LIST}?sort=due", 302)]
    assert said(page) == ["4 tasks are changed back."]
    assert [column(name) for name in COLUMNS] == before


def test_undoing_many_is_a_job(cast, carol, mixed, small_batches, django_capture_on_commit_callbacks):
    before = [column(name) for name in COLUMNS]
    edit = start(cast, django_capture_on_commit_callbacks, mixed, status="done", assigned_to=None)
    with django_capture_on_commit_callbacks(execute=True):
        carol.post(f"{LIST}bulk/{edit.pk}/undo/")
    assert [column(name) for name in COLUMNS] == before
    undoing = BulkEdit.objects.get(undoes=edit)
    assert (undoing.status, undoing.changed) == (JobStatus.DONE, 3)  # one had been so already
    assert "changed back." in carol.get(f"{LIST}bulk/{undoing.pk}/").content.decode()
    assert "It was undone" in carol.get(f"{LIST}bulk/{edit.pk}/").content.decode()


def test_what_somebody_has_changed_since_stays(cast, carol, tasks):
    edit = BulkEdit.start(cast.acme, cast.carol, [task.pk for task in tasks], values={"status": "done"})
    tasks[0].change(cast.bob, status=Status.IN_PROGRESS)
    page = carol.post(f"{LIST}bulk/{edit.pk}/undo/", follow=True)
    assert said(page) == ["3 tasks are changed back. 1 task is changed again since, and stays so."]
    assert column("status") == ["in_progress", "open", "open", "open"]


def test_tasks_of_a_deleted_account_stay_where_they_are(cast, tasks):
    tasks[0].change(None, assigned_to=cast.dave)
    edit = BulkEdit.start(cast.acme, cast.carol, [tasks[0].pk], values={"assigned_to": cast.bob.pk})
    cast.dave.delete()
    edit.undo(cast.carol)
    assert column("assigned_to")[0] == cast.bob.pk


def test_it_is_undone_once_within_an_hour_by_who_did_it(cast, carol, program, tasks):
    edit = BulkEdit.start(cast.acme, cast.carol, [tasks[0].pk], values={"status": "done"})
    with pytest.raises(CannotUndo):
        edit.undo(cast.alice)
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=61)), pytest.raises(CannotUndo):
        edit.undo(cast.carol)
    undoing = edit.undo(cast.carol)
    for again in (edit, undoing):
        with pytest.raises(CannotUndo):
            again.undo(cast.carol)
    assert program.post(f"{LIST}bulk/{edit.pk}/undo/").status_code == 409
    page = carol.post(f"{LIST}bulk/{edit.pk}/undo/", follow=True)
    assert "can no longer be undone" in said(page)[0]
    assert column("status")[0] == "open"


def test_two_who_undo_at_once_undo_once(cast, tasks, meanwhile):
    edit = BulkEdit.start(cast.acme, cast.carol, [tasks[0].pk], values={"status": "done"})
    again = BulkEdit.objects.get(pk=edit.pk)
    with pytest.raises(CannotUndo), meanwhile(lambda: again.undo(cast.carol), before="SAVEPOINT"):
        edit.undo(cast.carol)
    assert column("status")[0] == "open"
    assert BulkEdit.objects.count() == 2
