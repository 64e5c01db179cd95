"""Whoever is to get a task leaves between the look at the form and the deed: an error of the form, and nothing else."""

import html

import pytest

from orgs.models import BulkEdit, Task
from tests.cast import make_task

LIST = "/orgs/acme/tasks/"
WORDS = "This person is no longer a member."


@pytest.fixture
def task(cast):
    return make_task(cast.acme, "Feed the hens", assigned_to=cast.alice)


def leave(cast):
    cast.acme.memberships.get(user=cast.bob).remove()


@pytest.fixture
def bob_leaves(cast, meanwhile):
    """with bob_leaves(): he does so as soon as what the form asks for is to be done."""
    membership = cast.acme.memberships.filter(user=cast.bob)
    return lambda: meanwhile(lambda: membership.delete(), before="SAVEPOINT")


def wanted(cast, **others):
    return {"title": "Feed the hens", "status": "open", "priority": "3", "assigned_to": cast.bob.pk, **others}


def is_asked_again(page, cast):
    """Whether the form says what is wrong, and leaves it to people whether nobody is to get it."""
    chosen = f'<option value="{cast.bob.pk}" selected>Someone who left</option>'
    return WORDS in html.unescape(page.text) and chosen in page.text


@pytest.mark.parametrize("address", ["new/", "add/", "{task}/"])
def test_saving_the_form_of_the_refusal_is_refused_again(cast, carol, task, address):
    leave(cast)
    shown = {"initial-assigned_to": cast.alice.pk} if "task" in address else {}
    for _time in range(2):
        page = carol.post(LIST + address.format(task=task.pk), wanted(cast, title="Feed all", **shown))
        assert is_asked_again(page, cast)
    assert [(task.title, task.assigned_to) for task in Task.objects.all()] == [("Feed the hens", cast.alice)]


def test_an_assignee_whom_nobody_touched_keeps_nothing_from_being_saved(cast, carol, task):
    """Bob was shown; since then the task has become Alice's, and he has left."""
    leave(cast)
    shown = {"initial-title": "Feed the hens", "initial-assigned_to": cast.bob.pk, "initial-priority": "3"}
    page = carol.post(f"{LIST}{task.pk}/", wanted(cast, title=" ", **shown))
    assert f'<option value="{cast.alice.pk}" selected>Alice</option>' in page.text
    assert carol.post(f"{LIST}{task.pk}/", wanted(cast, title="Feed all", **shown)).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.assigned_to) == ("Feed all", cast.alice)


def test_many_tasks_of_somebody_who_has_left_before(cast, carol, task):
    leave(cast)
    page = carol.post(f"{LIST}bulk/start/", {"task": [task.pk], "assigned_to": cast.bob.pk})
    assert f'<option value="{cast.bob.pk}" selected>Someone who left</option>' in page.text


def test_a_new_task(cast, carol, bob_leaves):
    with bob_leaves():
        page = carol.post(f"{LIST}new/", wanted(cast))
    assert page.context["form"].errors == {"assigned_to": [WORDS]}
    assert WORDS in page.content.decode()
    assert not Task.objects.exists()


def test_a_task_in_one_line(cast, carol, program, bob_leaves):
    with bob_leaves():
        page = carol.post(f"{LIST}add/", wanted(cast))
    assert (page.status_code, WORDS in page.content.decode()) == (400, True)
    cast.acme.add_member(cast.bob, "member")
    with bob_leaves():
        answer = program.post(f"{LIST}add/", wanted(cast))
    assert (answer.status_code, answer.json()["fields"]) == (400, {"assigned_to": [WORDS]})
    assert not Task.objects.exists()


def test_a_task_that_is_edited(cast, carol, task, bob_leaves):
    with bob_leaves():
        page = carol.post(f"{LIST}{task.pk}/", wanted(cast, title="Feed all"))
    assert page.context["form"].errors == {"assigned_to": [WORDS]}
    task.refresh_from_db()
    assert (task.title, task.assigned_to) == ("Feed the hens", cast.alice)


def test_a_task_that_was_theirs_already_stays_so(cast, carol, task, bob_leaves):
    task.change(None, assigned_to=cast.bob)
    with bob_leaves():
        assert carol.post(f"{LIST}{task.pk}/", wanted(cast, title="Feed all")).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.assigned_to) == ("Feed all", cast.bob)


def test_many_tasks(cast, carol, program, task, bob_leaves):
    many = {"task": [task.pk], "assigned_to": cast.bob.pk}
    with bob_leaves():
        page = carol.post(f"{LIST}bulk/start/", many)
    assert (page.status_code, WORDS in page.content.decode()) == (400, True)
    cast.acme.add_member(cast.bob, "member")
    with bob_leaves():
        answer = program.post(f"{LIST}bulk/start/", many)
    assert (answer.status_code, answer.json()["fields"]) == (400, {"assigned_to": [WORDS]})
    assert not BulkEdit.objects.exists()
    task.refresh_from_db()
    assert task.assigned_to == cast.alice


def test_the_question_before_many_tasks(cast, carol, task, meanwhile):
    everything = {"all": "on", "assigned_to": cast.bob.pk}
    membership = cast.acme.memberships.filter(user=cast.bob)
    with meanwhile(lambda: membership.delete(), before='SELECT "orgs_task"."id"'):
        page = carol.post(f"{LIST}bulk/start/", everything)
    assert (page.status_code, "Someone who left" in page.content.decode()) == (200, True)
