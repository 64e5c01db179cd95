import pytest

from orgs.models import Task
from tests.cast import make_task


@pytest.fixture
def where(cast):
    return f"/orgs/acme/tasks/{make_task(cast.acme, 'Feed the hens').pk}/delete/"


def test_it_works(cast, browser, where):
    carol = browser(cast.carol)
    assert "“Feed the hens” will be gone" in carol.get(where).content.decode()
    assert Task.objects.exists()
    page = carol.post(where, follow=True)
    assert "“Feed the hens” is deleted." in page.content.decode()
    assert not Task.objects.exists()


def test_a_second_click_finds_nothing(cast, browser, where):
    carol = browser(cast.carol)
    assert [carol.post(where).status_code for _ in range(2)] == [302, 404]


def test_viewers_and_strangers_may_not(cast, browser, where):
    assert browser(cast.dave).post(where).status_code == 403
    assert browser(cast.mallory).post(where).status_code == 404
    assert Task.objects.exists()


def test_it_returns_to_the_list_that_one_came_from(cast, browser, where):
    there = "/orgs/acme/tasks/?status=open"
    carol = browser(cast.carol)
    assert f'name="next" value="{there}"' in carol.get(where, {"next": there}).content.decode()
    assert carol.post(where, {"next": there}).headers["Location"] == there
