"""Changing many tasks at once, and undoing that."""

import datetime

import pytest
import time_machine
from django.utils import timezone

from jobs.history import trim_jobs
from jobs.models import Status as JobStatus
from orgs.models import BulkEdit, Priority, Status, Task, TaskChange, bulk_edit
from orgs.models.bulk_edit import CannotUndo
from realtime.models import Event
from tests.cast import make_task

LIST = "/orgs/acme/tasks/"
START = f"{LIST}bulk/start/"


@pytest.fixture
def tasks(cast):
    return [make_task(cast.acme, f"Task {number}") for number in range(4)]


@pytest.fixture
def small_batches(monkeypatch):
    """What needs more than two tasks is a job."""
    monkeypatch.setattr(bulk_edit, "BATCH", 2)


def column(name):
    return list(Task.objects.order_by("pk").values_list(name, flat=True))


def said(page):
    return [str(message) for message in page.context["messages"]]


def test_it_works(cast, carol, tasks):
    page = carol.get(LIST).content.decode()
    assert page.count('name="task"') == 4
    assert f'action="{START}"' in page
    ticked = [task.pk for task in tasks[:3]]
    wanted = {"task": ticked, "status": "done", "priority": "2", "assigned_to": cast.bob.pk}
    page = carol.post(f"{START}?sort=oldest", wanted, follow=True)
    assert page.redirect_chain == [(f"{LIST}?sort=oldest", 302)]
    assert said(page) == ["3 tasks are changed."]
    assert column("status") == ["done", "done", "done", "open"]
    assert column("priority") == [2, 2, 2, 3]
    assert column("assigned_to") == [cast.bob.pk] * 3 + [None]
    assert [completed is not None for completed in column("completed_at")] == [True, True, True, False]
    assert [change.words for change in tasks[0].changes.order_by("pk")] == [
        "changed the status from Open to Done",
        "changed the priority from Normal to High",
        "assigned it to Bob",
    ]
    event = Event.objects.get()
    assert event.payload == {"count": 3}


def test_what_is_not_chosen_stays(carol, tasks):
    tasks[0].change(None, priority=Priority.LOW)
    carol.post(START, {"task": [tasks[0].pk], "status": "in_progress"})
    assert (column("status")[0], column("priority")[0]) == ("in_progress", 4)


def test_nobody_can_be_the_assignee(cast, carol, tasks):
    tasks[0].change(None, assigned_to=cast.bob)
    carol.post(START, {"task": [tasks[0].pk], "assigned_to": "none"})
    assert column("assigned_to")[0] is None


def test_tasks_of_others_and_deleted_ones_are_left_alone(cast, carol, tasks):
    foreign = make_task(cast.elsewhere, "Theirs")
    page = carol.post(START, {"task": [tasks[0].pk, foreign.pk, 10**17], "status": "done"}, follow=True)
    assert said(page) == ["1 task is changed."]
    foreign.refresh_from_db()
    assert foreign.status == Status.OPEN


def test_the_first_time_of_completion_stands(carol, tasks):
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        tasks[0].complete()
    page = carol.post(START, {"task": [task.pk for task in tasks], "status": "done"}, follow=True)
    assert said(page) == ["3 tasks are changed."]
    assert f"{column('completed_at')[0]:%d %H:%M}" == "20 10:00"


def test_who_has_the_value_already_is_not_changed(carol, tasks):
    page = carol.post(START, {"task": [tasks[0].pk], "status": "open"}, follow=True)
    assert said(page) == ["These tasks were so already."]
    assert "Undo" not in page.content.decode()
    assert not TaskChange.objects.exists()


BAD = [
    ({"task": "1"}, "__all__", "Choose what to change"),
    ({"status": "done"}, "__all__", "Tick the tasks"),
    ({"task": "x", "status": "done"}, "task", "must be the ids"),
    ({"task": "1", "status": "lost"}, "status", "must be one of: open, in_progress, done."),
    ({"task": "1", "priority": "9"}, "priority", "must be one of: 1, 2, 3, 4."),
    ({"task": "1", "assigned_to": "0x1"}, "assigned_to", "must be the id of a member"),
    ({"task": "1", "assigned_to": "9" * 18}, "assigned_to", "must be the id of a member"),
]


@pytest.mark.parametrize(("wanted", "field", "words"), BAD)
def test_what_is_wrong_is_said(carol, program, tasks, wanted, field, words):
    page = carol.post(f"{START}?sort=oldest", wanted)
    assert page.status_code == 400
    assert words in page.content.decode()
    assert "Task 0" in page.content.decode()
    answer = program.post(START, wanted)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not BulkEdit.objects.exists()


def test_ticks_stay_where_it_is_refused(carol, tasks):
    page = carol.post(START, {"task": [tasks[1].pk]}).content.decode()
    assert page.count(" checked aria-label") == 1
    assert f'value="{tasks[1].pk}" form="bulk" checked' in page


def test_all_that_match_are_counted_first(cast, carol, tasks):
    tasks[0].complete()
    page = carol.post(f"{START}?status=open", {"all": "on", "priority": "1"})
    assert "Change 3 tasks?" in page.content.decode()
    assert "becomes <strong>Urgent</strong>" in page.content.decode()
    assert column("priority") == [3, 3, 3, 3]
    page = carol.post(f"{START}?status=open", {"all": "on", "sure": "on", "priority": "1"}, follow=True)
    assert said(page) == ["3 tasks are changed."]
    assert column("priority") == [3, 1, 1, 1]


def test_all_is_not_without_bounds(carol, program, tasks, monkeypatch):
    monkeypatch.setattr("orgs.views.bulk_edits.LIMIT", 3)
    for client in (carol, program):
        answer = client.post(START, {"all": "on", "sure": "on", "priority": "1"})
        assert answer.status_code == 400
        assert "More than 3 tasks" in answer.content.decode()
    assert carol.post(START, {"task": [task.pk for task in tasks], "priority": "1"}).status_code == 400


def test_all_of_bad_filters_is_none(carol, tasks):
    page = carol.post(f"{START}?stauts=open", {"all": "on", "sure": "on", "priority": "1"})
    assert page.status_code == 400
    assert column("priority") == [3, 3, 3, 3]


def test_viewers_and_strangers_may_not(cast, browser, tasks):
    wanted = {"task": [tasks[0].pk], "status": "done"}
    assert 'name="task"' not in browser(cast.dave).get(LIST).content.decode()
    assert browser(cast.dave).post(START, wanted).status_code == 403
    assert browser(cast.mallory).post(START, wanted).status_code == 404
    assert column("status")[0] == "open"


# ---- many: a job


def start(cast, capture, tasks, user=None, **values):
    with capture(execute=True):
        edit = BulkEdit.start(cast.acme, user or cast.carol, [task.pk for task in tasks], values=values)
    edit.refresh_from_db()
    return edit


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
