"""The list shows what was published, newest first; search and filter narrow it, pages cut it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Status
from orgs.paging import SIZE
from tests.articles.builders import at, browser, make_article


def titles(response):
    return [article.title for article in response.context["page"].items]


def test_it_works(cast, carol):
    old = make_article(cast.acme, cast.alice, published_at=timezone.now() - timedelta(days=3))
    new = make_article(cast.acme, cast.bob)
    response = carol.get(at())
    assert titles(response) == [new.title, old.title]
    assert "Bob" in response.content.decode()


def test_other_organizations_articles_are_not_there(cast, carol):
    make_article(cast.elsewhere, cast.mallory)
    assert titles(carol.get(at())) == []


def test_drafts_scheduled_and_archived_are_asked_for(cast, carol):
    for status in Status:
        make_article(cast.acme, cast.carol, str(status), status=status)
    assert titles(carol.get(at())) == ["published"]
    for status in Status:
        assert titles(carol.get(at(f"?status={status}"))) == [status]


def test_a_search_that_takes_too_long_is_refused(cast, carol, monkeypatch):
    """No page may keep a web thread for long, whatever somebody has written for it to search through."""
    for _ in range(10):
        make_article(cast.acme, cast.bob, body="a" * 60_000)
    monkeypatch.setattr("articles.views.articles.SEARCH_LIMIT", 0.01)
    response = carol.get(at("?q=" + "a" * 199 + "b"))
    assert response.status_code == 400
    assert "This search takes too long." in response.content.decode()
    assert carol.get(at()).status_code == 200


@pytest.mark.parametrize(
    ("name", "seen"),
    [("alice", {"by carol", "by bob"}), ("bob", {"by carol", "by bob"}), ("carol", {"by carol"}), ("dave", set())],
)
@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED])
def test_drafts_of_others_are_for_owners_and_admins(cast, name, seen, status):
    make_article(cast.acme, cast.carol, "by carol", status=status)
    make_article(cast.acme, cast.bob, "by bob", status=status)
    assert set(titles(browser(getattr(cast, name)).get(at(f"?status={status}")))) == seen


def test_search_looks_into_titles_and_texts(cast, carol):
    make_article(cast.acme, cast.alice, "Holidays")
    make_article(cast.acme, cast.alice, "Plans", body="Nothing on holidays")
    make_article(cast.acme, cast.alice, "Other")
    assert set(titles(carol.get(at("?q=holiDAYS")))) == {"Holidays", "Plans"}
    assert titles(carol.get(at("?q=100%25"))) == []  # no wildcard


@pytest.mark.parametrize("query", ["status=secret", "status=draft%00", f"q={'x' * 201}"])
def test_bad_filter_is_a_400_in_words(carol, query):
    response = carol.get(at(f"?{query}"))
    assert response.status_code == 400
    assert 'class="errorlist"' in response.content.decode()


@pytest.mark.parametrize("query", ["after=x", "before=%00", "after=" + "9" * 500, "after=bGlzdGVkX2F0fHh8MQ"])
def test_bad_cursor_is_a_400(carol, query):
    assert carol.get(at(f"?{query}")).status_code == 400


def test_pages_hold_every_article_once(cast, carol):
    # Some share a moment: then the id decides.
    moments = [timezone.now() - timedelta(hours=n // 3) for n in range(2 * SIZE + 10)]
    expected = [make_article(cast.acme, cast.alice, published_at=moment) for moment in moments]
    expected.sort(key=lambda article: (article.published_at, article.pk), reverse=True)
    seen, query = [], "q=article"
    for _ in range(3):
        page = carol.get(at(f"?{query}")).context["page"]
        seen += page.items
        query = page.next_query
    assert seen == expected
    assert page.next_query == ""
    # And back.
    page = carol.get(at(f"?{page.previous_query}")).context["page"]
    assert page.items == expected[SIZE : 2 * SIZE]
    page = carol.get(at(f"?{page.previous_query}")).context["page"]
    assert page.items == expected[:SIZE]
    assert page.previous_query == ""


def test_empty_list_says_what_to_do(cast, carol):
    assert "Write the first one" in carol.get(at()).content.decode()
    assert "Write the first one" not in browser(cast.dave).get(at()).content.decode()
    assert "Nothing found" in carol.get(at("?q=zzz")).content.decode()


def test_moderators_see_how_many_comments_wait(cast):
    assert "waiting" not in browser(cast.bob).get(at()).content.decode()


def test_queries_do_not_grow_with_articles(cast, django_assert_num_queries):
    alice = browser(cast.alice)
    for _ in range(10):
        make_article(cast.acme, cast.alice)
    with django_assert_num_queries(
        7
    ):  # session, user, organization, waiting (also in the header), articles, other organizations
        alice.get(at())
