import pytest
import time_machine

from orgs.models import Status, Task
from tests.cast import make_task

LIST = "/orgs/acme/tasks/"


@pytest.fixture
def task(cast):
    return make_task(cast.acme, "Feed the hens")


def test_it_works(carol, task):
    page = carol.post(f"{LIST}{task.pk}/complete/", follow=True)
    assert page.redirect_chain == [(LIST, 302)]
    assert "“Feed the hens” is done." in page.content.decode()
    task.refresh_from_db()
    assert task.status == Status.DONE
    assert task.completed_at == task.updated_at


def test_the_first_one_s_time_stands(carol, task):
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        task.complete()
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False):
        task.complete()
    assert f"{task.completed_at:%d %H:%M}" == "20 10:00"


def test_a_done_task_can_be_reopened(carol, task):
    task.complete()
    page = carol.post(f"{LIST}{task.pk}/reopen/", follow=True)
    assert "“Feed the hens” is open again." in page.content.decode()
    task.refresh_from_db()
    assert (task.status, task.completed_at) == (Status.OPEN, None)


def test_what_is_in_progress_is_not_reopened(carol, task):
    task.status = Status.IN_PROGRESS
    task.save()
    carol.post(f"{LIST}{task.pk}/reopen/")
    task.refresh_from_db()
    assert task.status == Status.IN_PROGRESS


def test_it_returns_to_where_one_was(carol, task):
    there = f"{LIST}?status=open&after=abc"
    assert carol.post(f"{LIST}{task.pk}/complete/", {"next": there}).headers["Location"] == there


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test/", "javascript:alert(1)", r"/\evil.test"])
def test_it_leads_to_no_other_site(carol, task, elsewhere):
    assert carol.post(f"{LIST}{task.pk}/complete/", {"next": elsewhere}).headers["Location"] == LIST


@pytest.mark.parametrize("between", ["\t/", "\n/", "\r/", "\\\t"])
def test_no_link_leads_to_another_site(carol, task, between):
    """Which browsers make of it, leaving out what no address holds."""
    page = carol.get(f"{LIST}{task.pk}/", {"next": f"/{between}/evil.test"})
    assert page.status_code == 200
    assert "evil.test" not in page.content.decode()


@pytest.mark.parametrize("nowhere", ["xyz", "delete_task", "home", "é", "?x", "#x", "..", "\0"])
def test_it_leads_only_to_paths(carol, task, nowhere):
    assert carol.post(f"{LIST}{task.pk}/complete/", {"next": nowhere}).headers["Location"] == LIST


def test_viewers_may_not(cast, browser, task):
    assert browser(cast.dave).post(f"{LIST}{task.pk}/complete/").status_code == 403
    task.refresh_from_db()
    assert task.status == Status.OPEN


@pytest.mark.parametrize("verb", ["complete", "reopen"])
def test_a_task_that_is_deleted_meanwhile_is_not_found(carol, task, meanwhile, verb):
    with meanwhile(Task.objects.filter(pk=task.pk).delete, before="SAVEPOINT"):
        assert carol.post(f"{LIST}{task.pk}/{verb}/").status_code == 404
