"""Changing many tasks at once."""

import pytest
import time_machine

from orgs.models import BulkEdit, Priority, Status, TaskChange
from realtime.models import Event
from tests.cast import make_task
from tests.orgs.many_tasks import LIST, START, column, said


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
