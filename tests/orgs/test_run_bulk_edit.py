"""Changing very many tasks, which is a job."""

import datetime

import time_machine
from django.utils import timezone

from jobs.history import trim_jobs
from jobs.models import Status as JobStatus
from orgs.models import BulkEdit, TaskChange
from realtime.models import Event
from tests.cast import make_task
from tests.orgs.many_tasks import LIST, START, column, start

# ---- many: a job


def test_many_are_a_job(cast, carol, tasks, small_batches, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        page = carol.post(START, {"task": [task.pk for task in tasks], "status": "done"}, follow=True)
    edit = BulkEdit.objects.get()
    assert page.redirect_chain == [(f"{LIST}bulk/{edit.pk}/", 302)]
    assert f'hx-get="{LIST}bulk/{edit.pk}/"' in page.content.decode()
    assert "every 1s" in page.content.decode()
    assert column("status") == ["open"] * 4
    for callback in callbacks:
        callback()
    edit.refresh_from_db()
    assert (edit.status, edit.changed, edit.progress, edit.total) == (JobStatus.DONE, 4, 4, 4)
    assert column("status") == ["done"] * 4
    # Whoever did it is told as well: what happens in the background comes later than the page that follows.
    assert [event.payload for event in Event.objects.all()] == [{"count": 2, "bulk_edit": edit.pk}] * 2
    page = carol.get(f"{LIST}bulk/{edit.pk}/").content.decode()
    assert "4 tasks are changed." in page
    assert "every 1s" not in page
    assert f'action="{LIST}bulk/{edit.pk}/undo/"' in page


def test_a_program_follows_it(cast, program, tasks, small_batches):
    answer = program.post(START, {"all": "on", "status": "done"})
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["tasks"]) == ("pending", 4)
    assert program.get(answer.headers["Location"]).json()["status"] == "pending"
    few = program.post(START, {"task": tasks[0].pk, "status": "done"})
    assert (few.status_code, few.json()["changed"]) == (200, 1)


def test_a_second_attempt_does_the_rest(cast, tasks, small_batches, django_capture_on_commit_callbacks):
    edit = BulkEdit.start(cast.acme, cast.carol, [task.pk for task in tasks], values={"status": "done"})
    edit.apply([task.pk for task in tasks[:2]])  # a worker was killed after its first batch
    with django_capture_on_commit_callbacks(execute=True):
        edit.ring()
    edit.refresh_from_db()
    assert (edit.status, edit.changed) == (JobStatus.DONE, 4)
    assert TaskChange.objects.count() == 4


def test_permission_is_checked_again(cast, tasks, small_batches, django_capture_on_commit_callbacks):
    cast.bob.is_active = False  # an admin, who may no longer sign in
    cast.bob.save()
    for user in (cast.dave, cast.mallory, cast.bob):
        edit = start(cast, django_capture_on_commit_callbacks, tasks, user=user, status="done")
        assert edit.status == JobStatus.FAILED
        assert "may no longer change" in edit.error
    assert column("status") == ["open"] * 4


def test_it_goes_no_further_than_whoever_asked_may_change(
    cast, tasks, small_batches, meanwhile, django_capture_on_commit_callbacks
):
    demote = cast.acme.memberships.filter(user=cast.carol).update
    with meanwhile(lambda: demote(role="viewer"), before='UPDATE "orgs_task"'):
        edit = start(cast, django_capture_on_commit_callbacks, tasks, status="done")
    assert edit.status == JobStatus.FAILED
    assert "may no longer change" in edit.error
    assert sorted(column("status")) == ["done", "done", "open", "open"]  # the batch that was under way


def test_who_has_left_gets_no_tasks(cast, tasks, small_batches, django_capture_on_commit_callbacks):
    cast.acme.memberships.get(user=cast.bob).remove()
    edit = start(cast, django_capture_on_commit_callbacks, tasks, assigned_to=cast.bob.pk)
    assert edit.status == JobStatus.FAILED
    assert "no longer a member" in edit.error
    assert column("assigned_to") == [None] * 4


def test_only_who_asked_sees_it(cast, browser, tasks):
    edit = BulkEdit.start(cast.acme, cast.carol, [tasks[0].pk], values={"status": "done"})
    for user in (cast.alice, cast.mallory):
        assert browser(user).get(f"{LIST}bulk/{edit.pk}/").status_code == 404
        assert browser(user).post(f"{LIST}bulk/{edit.pk}/undo/").status_code == 404
    assert column("status")[0] == "done"


# ---- undoing it


def test_old_ones_are_forgotten_and_the_history_stays(cast, tasks):
    with time_machine.travel(timezone.now() - datetime.timedelta(days=91)):
        BulkEdit.start(cast.acme, cast.carol, [tasks[0].pk], values={"status": "done"}).undo(cast.carol)
    young = BulkEdit.start(cast.acme, cast.carol, [tasks[1].pk], values={"status": "done"})
    trim_jobs(BulkEdit)
    assert BulkEdit.objects.get() == young
    assert TaskChange.objects.count() == 3


def test_a_batch_takes_few_statements(cast, django_assert_max_num_queries):
    """However many tasks are in it."""
    tasks = [make_task(cast.acme).pk for _ in range(150)]
    with django_assert_max_num_queries(14):
        edit = BulkEdit.start(cast.acme, cast.carol, tasks, values={"priority": 1, "status": "in_progress"})
    with django_assert_max_num_queries(30):
        edit.undo(cast.carol)
    assert column("priority") == [3] * 150
