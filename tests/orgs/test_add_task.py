"""Adding a task in one line above the list."""

import pytest

from orgs.models import Priority, Status, Task
from realtime.models import Event
from tests.cast import make_task

ADD = "/orgs/acme/tasks/add/"
LIST = "/orgs/acme/tasks/"


def said(page):
    return [str(message) for message in page.context["messages"]]


def test_it_works(cast, carol):
    assert f'action="{ADD}"' in carol.get(LIST).content.decode()
    page = carol.post(ADD, {"title": "Feed the hens"}, follow=True)
    # The field is ready for the next one: browsers focus what the fragment names.
    assert page.redirect_chain == [(f"{LIST}#new-task-title", 302)]
    assert 'id="new-task-title"' in page.content.decode()
    assert said(page) == ["“Feed the hens” is on the list."]
    task = Task.objects.get()
    assert (task.title, task.status, task.priority) == ("Feed the hens", Status.OPEN, Priority.NORMAL)
    assert (task.created_by, task.assigned_to) == (cast.carol, None)


def test_what_else_is_worth_saying(cast, carol):
    wanted = {"title": "Feed the hens", "priority": "1", "assigned_to": cast.bob.pk, "due_date": "2026-12-24"}
    carol.post(ADD, wanted)
    task = Task.objects.get()
    assert (task.priority, task.assigned_to, f"{task.due_date}") == (Priority.URGENT, cast.bob, "2026-12-24")


def test_filters_stay_and_it_is_said_that_they_hide_it(carol):
    page = carol.post(f"{ADD}?status=done", {"title": "Feed the hens"}, follow=True)
    assert page.redirect_chain == [(f"{LIST}?status=done#new-task-title", 302)]
    assert said(page) == ["“Feed the hens” is added, but these filters hide it."]


def test_it_is_said_that_it_stands_further_down(cast, carol):
    for _ in range(50):
        make_task(cast.acme, priority=Priority.URGENT)
    page = carol.post(f"{ADD}?sort=priority", {"title": "Feed the hens"}, follow=True)
    assert said(page) == ["“Feed the hens” is added. In this order it stands further down."]


def test_one_leaves_a_later_page_for_the_first(cast, carol):
    for _ in range(51):
        make_task(cast.acme)
    cursor = carol.get(LIST).context["next"].partition("?")[2]
    answer = carol.post(f"{ADD}?{cursor}", {"title": "Feed the hens"})
    assert answer.headers["Location"] == f"{LIST}#new-task-title"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "Feed", "priority": "9"}, "priority"),
        ({"title": "Feed", "due_date": "soon"}, "due_date"),
        ({"title": "Feed", "assigned_to": "0"}, "assigned_to"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast, carol, client, wanted, field):
    make_task(cast.acme, "Mend the fence")
    page = carol.post(f"{ADD}?status=open", wanted)
    assert page.status_code == 400
    assert page.context["quick"].errors.keys() == {field}
    assert "Mend the fence" in page.content.decode()
    assert f'action="{LIST}"' in page.content.decode()  # the filters do not lead back here
    client.force_login(cast.carol)
    answer = client.post(ADD, wanted)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert Task.objects.count() == 1


def test_a_stranger_gets_no_task(cast, carol):
    page = carol.post(ADD, {"title": "Feed", "assigned_to": cast.mallory.pk})
    assert page.context["quick"].errors.keys() == {"assigned_to"}


def test_a_program_gets_a_201(cast, client):
    client.force_login(cast.carol)
    answer = client.post(ADD, {"title": "Feed the hens"})
    task = Task.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{LIST}{task.pk}/")
    assert (answer.json()["id"], answer.json()["title"]) == (task.pk, "Feed the hens")


def test_others_are_told(cast, carol):
    carol.post(ADD, {"title": "Feed the hens"})
    event = Event.objects.get()
    assert (event.kind, event.organization_id, event.actor_id) == ("task.changed", cast.acme.pk, cast.carol.pk)
    assert event.payload == {"task": Task.objects.get().pk}


def test_viewers_are_not_offered_it(cast, browser):
    dave = browser(cast.dave)
    assert ADD not in dave.get(LIST).content.decode()
    assert dave.post(ADD, {"title": "Feed the hens"}).status_code == 403
    assert not Task.objects.exists()
