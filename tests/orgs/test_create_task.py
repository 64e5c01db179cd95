import datetime

import pytest

from orgs.models import Priority, Status, Task
from tests.cast import make_user

NEW = "/orgs/acme/tasks/new/"
FORM = {
    "title": "Feed the hens",
    "description": "",
    "status": "open",
    "priority": "3",
    "assigned_to": "",
    "due_date": "",
}


def test_it_works(cast, carol):
    assert carol.get(NEW).status_code == 200
    filled = {
        **FORM,
        "description": "Twice a day.",
        "priority": "1",
        "assigned_to": cast.bob.pk,
        "due_date": "2026-12-24",
    }
    page = carol.post(NEW, filled, follow=True)
    assert page.redirect_chain == [("/orgs/acme/tasks/", 302)]
    assert "“Feed the hens” is on the list." in page.content.decode()
    task = Task.objects.get()
    assert (task.organization, task.created_by, task.assigned_to) == (cast.acme, cast.carol, cast.bob)
    assert (task.description, task.status, task.priority) == ("Twice a day.", Status.OPEN, Priority.URGENT)
    assert (task.due_date, task.completed_at) == (datetime.date(2026, 12, 24), None)


def test_a_task_that_is_done_already_has_been_completed_now(cast, carol):
    carol.post(NEW, {**FORM, "status": "done"})
    assert Task.objects.get().completed_at


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 201),
        ("title", "nul\0"),
        ("description", "x" * 10_001),
        ("status", "lost"),
        ("priority", "0"),
        ("priority", "high"),
        ("due_date", "tomorrow"),
        ("due_date", "2026-02-30"),
        ("assigned_to", "x"),
        ("assigned_to", "999999999999999999999"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast, carol, field, value):
    page = carol.post(NEW, {**FORM, field: value})
    assert page.context["form"].errors.keys() == {field}
    assert f'aria-describedby="id_{field}_error"' in page.content.decode()
    assert not Task.objects.exists()


def test_only_members_are_given_tasks(cast, carol):
    outsider = make_user("Olga")
    for somebody in (outsider, cast.mallory):
        page = carol.post(NEW, {**FORM, "assigned_to": somebody.pk})
        assert page.context["form"].errors.keys() == {"assigned_to"}
        assert somebody.name not in page.content.decode()
    assert not Task.objects.exists()


def test_the_form_s_own_fields_are_all_that_is_taken(cast, carol):
    carol.post(NEW, {**FORM, "organization": cast.elsewhere.pk, "created_by": cast.mallory.pk, "id": "77"})
    task = Task.objects.get()
    assert (task.organization, task.created_by) == (cast.acme, cast.carol)
    assert task.pk != 77


def test_viewers_may_not(cast, browser):
    page = browser(cast.dave).post(NEW, FORM)
    assert page.status_code == 403
    assert 'href="/orgs/acme/tasks/"' in page.content.decode()  # the way back
    assert not Task.objects.exists()


def test_it_returns_to_the_list_that_one_came_from(carol):
    there = "/orgs/acme/tasks/?status=open"
    assert carol.post(f"{NEW}?next=%2Forgs%2Facme%2Ftasks%2F%3Fstatus%3Dopen", FORM).headers["Location"] == there
