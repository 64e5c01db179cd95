"""Every address × every role, in one table: what one does not see is 404, what one may not do is 403."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver

from articles import urls
from articles.models import CommentStatus, Status
from tests.articles.builders import at, browser, make_article, make_comment

NAMES = ("alice", "bob", "carol", "dave", "mallory")

# (URL name, method, path): the answers to Alice, Bob, Carol, Dave and Mallory. "plan" is Carol's and published, "draft"
# is Bob's. A 400 or 200 answers a form that came empty: who gets one may do it.
TABLE = {
    ("article_list", "GET", ""): (200, 200, 200, 200, 404),
    ("create_article", "GET", "new/"): (200, 200, 200, 403, 404),
    ("create_article", "POST", "new/"): (200, 200, 200, 403, 404),
    ("comment_queue", "GET", "comments/"): (200, 200, 403, 403, 404),
    ("approve_comments", "POST", "comments/approve/"): (400, 400, 403, 403, 404),
    ("reject_comments", "POST", "comments/reject/"): (400, 400, 403, 403, 404),
    ("article_detail", "GET", "plan/"): (200, 200, 200, 200, 404),
    ("article_detail", "GET", "draft/"): (200, 200, 404, 404, 404),
    ("edit_article", "GET", "plan/edit/"): (200, 200, 200, 403, 404),
    ("edit_article", "POST", "plan/edit/"): (200, 200, 200, 403, 404),
    ("edit_article", "POST", "draft/edit/"): (200, 200, 404, 404, 404),
    ("delete_article", "GET", "plan/delete/"): (200, 200, 403, 403, 404),
    ("delete_article", "POST", "draft/delete/"): (302, 302, 404, 404, 404),
    ("publish_article", "POST", "plan/publish/"): (302, 302, 302, 403, 404),
    ("publish_article", "POST", "draft/publish/"): (302, 302, 404, 404, 404),
    ("schedule_article", "POST", "plan/schedule/"): (200, 200, 200, 403, 404),
    ("schedule_article", "POST", "draft/schedule/"): (200, 200, 404, 404, 404),
    ("withdraw_article", "POST", "plan/withdraw/"): (302, 302, 302, 403, 404),
    ("withdraw_article", "POST", "draft/withdraw/"): (302, 302, 404, 404, 404),
    ("archive_article", "POST", "plan/archive/"): (302, 302, 302, 403, 404),
    ("archive_article", "POST", "draft/archive/"): (302, 302, 404, 404, 404),
    ("write_comment", "POST", "plan/comments/"): (200, 200, 200, 403, 404),
    ("write_comment", "POST", "draft/comments/"): (403, 403, 404, 404, 404),
}


@pytest.fixture
def articles(cast):
    plan = make_article(cast.acme, cast.carol, "Plan")
    make_article(cast.acme, cast.bob, "Draft", status=Status.DRAFT)
    make_comment(plan, cast.carol, status=CommentStatus.PENDING)


@pytest.mark.parametrize(("address", "answers"), TABLE.items(), ids=lambda value: " ".join(map(str, value)))
def test_each_role_gets_its_answer(cast, articles, address, answers):
    _, method, path = address
    # The least allowed first, because the others may delete it.
    for name, answer in reversed(list(zip(NAMES, answers, strict=True))):
        if path == "draft/delete/" and name == "alice":
            continue
        response = browser(getattr(cast, name)).generic(method, at(path))
        assert response.status_code == answer, name


@pytest.mark.parametrize(("name", "method", "path"), TABLE)
def test_who_is_not_signed_in_is_led_to_the_sign_in(articles, name, method, path):
    response = Client(headers={"accept": "text/html"}).generic(method, at(path))
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize(("name", "method", "path"), [key for key in TABLE if key[1] == "POST"])
def test_forms_of_other_sites_are_refused(cast, articles, name, method, path):
    client = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    client.force_login(cast.alice)
    assert client.post(at(path)).status_code == 403


def test_the_table_names_every_address():
    def names(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from names(pattern.url_patterns)
            elif isinstance(pattern, URLPattern):
                yield pattern.name

    assert set(names(urls.urlpatterns)) == {name for name, _, _ in TABLE}
