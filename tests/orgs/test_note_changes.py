"""The history of a task: what was changed, by whom, and undoing it."""

import datetime

import pytest
import time_machine

from orgs import newest
from orgs.models import Status, TaskChange
from realtime.models import Event
from tests.cast import make_task

FORM = {
    "title": "Feed all hens",
    "description": "Twice a day",
    "status": "in_progress",
    "priority": "2",
    "assigned_to": "",
    "due_date": "2026-12-24",
}


@pytest.fixture
def task(cast):
    return make_task(cast.acme, "Feed the hens", assigned_to=cast.bob)


@pytest.fixture
def where(task):
    return f"/orgs/acme/tasks/{task.pk}/"


def words(task):
    return [change.words for change in task.changes.order_by("pk")]


def test_it_works(cast, carol, task, where):
    carol.post(where, FORM)
    assert words(task) == [
        "changed the title from “Feed the hens” to “Feed all hens”",
        "wrote a description",
        "changed the status from Open to In progress",
        "changed the priority from Normal to High",
        "took it from Bob",
        "set the due date to 24 Dec 2026",
    ]
    page = carol.get(where).content.decode()
    assert (
        "<strong>Carol</strong> changed the title from “Feed the hens” to “Feed all hens”, wrote a description" in page
    )
    assert page.count("<strong>Carol</strong> changed") == 1  # one edit


def test_what_stays_is_no_change(carol, task, where):
    carol.post(where, FORM, follow=True)
    before = TaskChange.objects.count()
    page = carol.post(where, FORM, follow=True)
    assert TaskChange.objects.count() == before
    assert "Undo" not in page.content.decode()


def test_other_words(cast, carol, task, where):
    carol.post(where, {**FORM, "assigned_to": cast.carol.pk})
    carol.post(where, {**FORM, "assigned_to": cast.carol.pk, "due_date": "2026-12-25", "description": "Once"})
    carol.post(where, {**FORM, "assigned_to": cast.carol.pk, "due_date": "", "description": "Once"})
    assert "assigned it to Carol instead of Bob" in words(task)
    assert "changed the due date from 24 Dec 2026 to 25 Dec 2026" in words(task)
    assert words(task)[-1] == "removed the due date 25 Dec 2026"
    assert "Twice a day" in carol.get(where).content.decode()  # the description before


def test_completing_and_reopening_are_noted_once(cast, carol, task, where):
    for verb in ("complete", "complete", "reopen", "reopen"):
        carol.post(f"{where}{verb}/")
    assert words(task) == ["changed the status from Open to Done", "changed the status from Done to Open"]
    assert [event.payload for event in Event.objects.order_by("pk")] == [{"task": task.pk}] * 2


def test_names_outlive_accounts(cast, carol, task, where):
    carol.post(where, FORM)
    cast.bob.delete()
    assert "took it from Bob" in words(task)
    task.change(cast.carol, assigned_to=cast.carol)
    cast.carol.delete()
    assert {change.who for change in task.changes.all()} == {"Carol"}
    assert words(task)[-1] == "assigned it to Carol"


def test_what_the_installation_does_is_its_own(task):
    task.complete()
    assert str(task.changes.get()) == "Roost changed the status from Open to Done"


def test_texts_are_text(carol, task, where):
    carol.post(where, {**FORM, "title": "<script>alert(1)</script>", "description": "<b>one</b>"})
    carol.post(where, {**FORM, "title": "<script>alert(2)</script>", "description": "two"})
    page = carol.get(where).content.decode()
    assert "<script>alert" not in page
    assert "<b>one" not in page


def test_viewers_see_it_too(cast, browser, carol, task, where):
    carol.post(where, FORM)
    for address in (where, f"{where}history/"):
        assert "took it from Bob" in browser(cast.dave).get(address).content.decode()


def test_an_edit_can_be_undone(cast, carol, task, where):
    page = carol.post(where, FORM, follow=True).content.decode()
    undo = f"{where}changes/{task.changes.order_by('pk').first().pk}/undo/"
    assert f'action="{undo}"' in page
    page = carol.post(undo, {"next": "/orgs/acme/tasks/?status=open"}, follow=True)
    assert page.redirect_chain == [("/orgs/acme/tasks/?status=open", 302)]
    task.refresh_from_db()
    assert (task.title, task.description, task.status, task.priority) == ("Feed the hens", "", Status.OPEN, 3)
    assert (task.assigned_to, task.due_date) == (cast.bob, None)
    assert task.changes.count() == 12  # undoing is a change too
    assert "has been changed again since" in carol.post(undo, follow=True).content.decode()


def test_what_somebody_has_changed_since_stays(cast, carol, task, where):
    carol.post(where, FORM)
    first = task.changes.order_by("pk").first()
    task.change(cast.bob, title="Feed no hens", priority=4)
    carol.post(f"{where}changes/{first.pk}/undo/")
    task.refresh_from_db()
    assert (task.title, task.priority, task.status) == ("Feed no hens", 4, Status.OPEN)


def test_undoing_a_reopening_brings_the_time_of_completion_back(carol, task, where):
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        task.complete()
    carol.post(f"{where}reopen/")
    carol.post(f"{where}changes/{task.changes.order_by('-pk').first().pk}/undo/")
    task.refresh_from_db()
    assert task.status == Status.DONE
    assert f"{task.completed_at:%d %H:%M}" == "20 10:00"


def test_changes_of_another_task_are_not_found(cast, carol, task, where):
    other = make_task(cast.acme)
    other.complete(cast.bob)
    assert carol.post(f"{where}changes/{other.changes.get().pk}/undo/").status_code == 404
    other.refresh_from_db()
    assert other.status == Status.DONE


def test_viewers_and_strangers_may_not_undo(cast, browser, task, where):
    task.complete(cast.carol)
    undo = f"{where}changes/{task.changes.get().pk}/undo/"
    assert browser(cast.dave).post(undo).status_code == 403
    assert browser(cast.mallory).post(undo).status_code == 404
    task.refresh_from_db()
    assert task.status == Status.DONE


def test_a_long_history_is_paged(cast, carol, client, task, where, monkeypatch):
    monkeypatch.setattr(newest, "PAGE", 10)
    for number in range(25):
        with time_machine.travel(datetime.datetime(2026, 11, 1, 0, number, tzinfo=datetime.UTC), tick=False):
            task.change(cast.bob, title=f"Title {number}")
    page = carol.get(where).content.decode()
    assert "to “Title 5”" in page
    assert "to “Title 4”" not in page
    assert f'href="{where}history/"' in page
    assert 'rel="next"' in carol.get(f"{where}history/").content.decode()
    client.force_login(cast.dave)
    first = client.get(f"{where}history/").json()
    second = client.get(first["next"]).json()
    assert [change["new"] for change in first["changes"] + second["changes"]] == [
        f"Title {number}" for number in range(24, 4, -1)
    ]
    assert first["changes"][0]["by"] == {"id": cast.bob.pk, "name": "Bob"}
    assert client.get(second["previous"]).json()["changes"] == first["changes"]
    assert client.get(f"{where}history/?before=x").status_code == 400


def test_the_number_of_queries_is_fixed(cast, carol, task, where, django_assert_num_queries):
    for _ in range(2):
        for _ in range(15):
            task.change(cast.bob, title=f"{task.title}!")
        # Session, person, organization, task, changes; assignees to choose, organizations to switch to.
        with django_assert_num_queries(7):
            carol.get(where)


def test_a_deleted_task_takes_its_history_along(cast, carol, task, where):
    task.complete(cast.bob)
    carol.post(f"{where}delete/")
    assert not TaskChange.objects.exists()
    assert [event.payload for event in Event.objects.order_by("pk")] == [{"task": task.pk}] * 2


def test_nothing_is_noted_or_told_where_it_fails(cast, task, meanwhile):
    with pytest.raises(RuntimeError), meanwhile(stop, before='INSERT INTO "realtime_event"'):
        task.change(cast.bob, title="Feed no hens")
    task.refresh_from_db()
    assert task.title == "Feed the hens"
    assert not TaskChange.objects.exists()


def stop():
    raise RuntimeError
