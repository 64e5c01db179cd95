"""Someone else's draft is not there, at any of its addresses. (tests/orgs/test_walk_urls.py has the published ones.)"""

import pytest

from articles.models import Status
from tests.articles.builders import at, browser, make_article

POSTS = {"publish/", "schedule/", "withdraw/", "archive/", "comments/"}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED])
@pytest.mark.parametrize("path", ["", "edit/", "delete/", *sorted(POSTS)])
def test_it_works(cast, path, status):
    article = make_article(cast.acme, cast.bob, "Plan", status=status)
    for name in ("carol", "dave", "mallory"):
        client = browser(getattr(cast, name))
        assert client.post(at(f"plan/{path}"), {"title": "x", "body": "x"}).status_code == (404 if path else 405)
        if path not in POSTS:
            assert client.get(at(f"plan/{path}")).status_code == 404
    article.refresh_from_db()
    assert (article.title, article.status) == ("Plan", status)


def test_owners_and_admins_see_and_change_them(cast):
    make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT)
    for moderator in (cast.alice, cast.bob):
        assert browser(moderator).get(at("plan/")).status_code == 200
        assert browser(moderator).get(at("plan/edit/")).status_code == 200
    assert browser(cast.bob).post(at("plan/publish/")).status_code == 302
    assert browser(cast.alice).post(at("plan/delete/")).status_code == 302


def test_nobody_comments_on_a_draft(cast):
    make_article(cast.acme, cast.alice, "Plan", status=Status.DRAFT)
    assert browser(cast.alice).post(at("plan/comments/"), {"body": "x"}).status_code == 403
