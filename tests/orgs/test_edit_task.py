import datetime
import html
import re

import pytest

from orgs.models import Status, Task
from tests.cast import make_task

FORM = {
    "title": "Feed all hens",
    "description": "",
    "status": "open",
    "priority": "2",
    "assigned_to": "",
    "due_date": "",
}
INITIAL = re.compile(r'<input type="hidden" name="(initial-\w+)"(?: value="([^"]*)")?')


@pytest.fixture
def task(cast):
    return make_task(cast.acme, "Feed the hens", created_by=cast.bob)


@pytest.fixture
def where(task):
    return f"/orgs/acme/tasks/{task.pk}/"


def test_it_works(carol, task, where):
    page = carol.get(where).content.decode()
    assert 'value="Feed the hens"' in page
    assert "<dt>Created by</dt><dd>Bob</dd>" in page
    assert carol.post(where, FORM).headers["Location"] == "/orgs/acme/tasks/"
    task.refresh_from_db()
    assert (task.title, task.priority, task.due_date) == ("Feed all hens", 2, None)


def test_the_time_of_completion_follows_the_status(carol, task, where):
    carol.post(where, {**FORM, "status": "done"})
    task.refresh_from_db()
    completed_at = task.completed_at
    assert completed_at
    carol.post(where, {**FORM, "status": "done", "title": "Feed them"})
    task.refresh_from_db()
    assert task.completed_at == completed_at
    carol.post(where, {**FORM, "status": "in_progress"})
    task.refresh_from_db()
    assert (task.status, task.completed_at) == (Status.IN_PROGRESS, None)


def test_a_former_member_keeps_the_task(cast, carol, task, where):
    task.assigned_to = cast.bob
    task.save()
    cast.acme.memberships.get(user=cast.bob).remove()
    assert f'<option value="{cast.bob.pk}" selected>Bob</option>' in carol.get(where).content.decode()
    carol.post(where, {**FORM, "assigned_to": cast.bob.pk})
    task.refresh_from_db()
    assert (task.title, task.assigned_to) == ("Feed all hens", cast.bob)
    carol.post(where, FORM)
    assert carol.post(where, {**FORM, "assigned_to": cast.bob.pk}).context["form"].errors.keys() == {"assigned_to"}


def test_what_others_have_changed_meanwhile_stays(cast, carol, task, where):
    """The form knows what it has shown: only what one has changed oneself is changed."""
    task.change(cast.bob, description="Wheat.\r\nNo rye.", assigned_to=cast.bob, due_date=datetime.date(2026, 12, 24))
    shown = fields_of(carol.get(where).content.decode())
    assert shown["initial-description"].splitlines() == ["Wheat.", "No rye."]
    task.change(cast.bob, title="Feed the hens and the goose", status=Status.DONE, assigned_to=None)
    refused = carol.post(where, {**shown, "due_date": "never", "priority": "1"})
    answer = carol.post(where, {**fields_of(refused.content.decode()), "due_date": "", "priority": "1"}, follow=True)
    assert "“Feed the hens and the goose” is saved." in answer.content.decode()
    task.refresh_from_db()
    assert (task.title, task.status, task.assigned_to) == ("Feed the hens and the goose", Status.DONE, None)
    assert (task.description, task.priority, task.due_date) == ("Wheat.\r\nNo rye.", 1, None)


def fields_of(page):
    """What a browser would send of a page's form of a task: its hidden fields, which say what it has shown."""
    shown = {name: html.unescape(value) for name, value in INITIAL.findall(page)}
    return {**shown, **{name.removeprefix("initial-"): value for name, value in shown.items()}}


def test_a_due_date_is_shown_as_browsers_want_it(carol, task, where):
    task.due_date = datetime.date(2026, 12, 24)
    task.save()
    assert 'type="date" name="due_date" value="2026-12-24"' in carol.get(where).content.decode()


def test_what_is_wrong_changes_nothing(carol, task, where):
    page = carol.post(where, {**FORM, "title": " "})
    assert page.context["form"].errors.keys() == {"title"}
    task.refresh_from_db()
    assert task.title == "Feed the hens"


def test_viewers_read(cast, browser, task, where):
    task.description = "Twice a day.\n<b>Not</b> on Sundays."
    task.save()
    dave = browser(cast.dave)
    page = dave.get(where).content.decode()
    assert "Twice a day.<br>&lt;b&gt;Not&lt;/b&gt; on Sundays." in page
    assert 'name="title"' not in page
    assert "/delete/" not in page
    assert dave.post(where, FORM).status_code == 403
    task.refresh_from_db()
    assert task.title == "Feed the hens"


def test_it_returns_to_the_list_that_one_came_from(carol, where):
    there = "/orgs/acme/tasks/?status=open&sort=due"
    page = carol.get(where, {"next": there}).content.decode()
    assert 'href="/orgs/acme/tasks/?status=open&amp;sort=due">Cancel' in page
    answer = carol.post(f"{where}?next=%2Forgs%2Facme%2Ftasks%2F%3Fstatus%3Dopen%26sort%3Ddue", FORM)
    assert answer.headers["Location"] == there


def test_a_task_that_is_deleted_meanwhile_stays_deleted(carol, task, where, meanwhile):
    with meanwhile(Task.objects.filter(pk=task.pk).delete, before="SAVEPOINT"):
        assert carol.post(where, FORM).status_code == 404
    assert not Task.objects.exists()
