"""Every member reads what is published; a draft is its author's and the admins'."""

import pytest

from articles.models import CommentStatus, Status
from articles.views.articles import COMMENTS_PER_PAGE
from tests.articles.builders import at, browser, make_article, make_comment


def test_it_works(cast):
    make_article(cast.acme, cast.carol, "Our plan", body="# Soon\n\nWe *move*.")
    page = browser(cast.dave).get(at("our-plan/")).content.decode()
    assert "<h1>Our plan</h1>" in page
    assert "<h2>Soon</h2>\n<p>We <em>move</em>.</p>" in page


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.ARCHIVED])
@pytest.mark.parametrize("name", ["alice", "bob", "carol", "dave"])
def test_members_read_what_was_published(cast, status, name):
    make_article(cast.acme, cast.bob, "Plan", status=status)
    assert browser(getattr(cast, name)).get(at("plan/")).status_code == 200


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED])
def test_drafts_of_others_are_not_there(cast, status):
    make_article(cast.acme, cast.carol, "Plan", status=status)
    answers = {name: browser(getattr(cast, name)).get(at("plan/")).status_code for name in ("alice", "bob", "carol")}
    assert answers == {"alice": 200, "bob": 200, "carol": 200}
    assert browser(cast.dave).get(at("plan/")).status_code == 404


def test_draft_of_a_member_is_not_there_for_another(cast):
    make_article(cast.acme, cast.bob, "Plan", status=Status.DRAFT)
    assert browser(cast.carol).get(at("plan/")).status_code == 404


def test_strangers_find_nothing(cast):
    make_article(cast.acme, cast.carol, "Plan")
    mallory = browser(cast.mallory)
    assert mallory.get(at("plan/")).status_code == 404
    assert mallory.get(at("plan/", organization="elsewhere")).status_code == 404


def test_same_slug_in_two_organizations(cast):
    make_article(cast.acme, cast.carol, "Plan", body="ours")
    make_article(cast.elsewhere, cast.mallory, "Plan", body="theirs")
    assert "ours" in browser(cast.carol).get(at("plan/")).content.decode()
    assert "theirs" in browser(cast.mallory).get(at("plan/", organization="elsewhere")).content.decode()


def test_what_people_wrote_is_text_everywhere(cast):
    evil = "<script>alert(1)</script>"
    cast.carol.name = evil
    cast.carol.save()
    article = make_article(cast.acme, cast.carol, evil, body=evil)
    make_comment(article, cast.carol, evil)
    alice = browser(cast.alice)
    make_comment(article, cast.carol, evil, status=CommentStatus.PENDING)
    pages = ["", f"{article.slug}/", f"{article.slug}/edit/", f"{article.slug}/delete/", "comments/"]
    for page in pages:
        text = alice.get(at(page)).content.decode()
        assert "<script>alert" not in text, page
        assert "alert(1)" in text, page


def test_author_who_has_left_is_named_so(cast):
    article = make_article(cast.acme, cast.carol, "Plan")
    make_comment(article, cast.carol)
    cast.carol.delete()
    alice = browser(cast.alice)
    assert "By a former member" in alice.get(at("plan/")).content.decode()
    assert "A former member" in alice.get(at("plan/")).content.decode()
    assert "a former member" in alice.get(at()).content.decode()


def test_comments_are_paged_newest_first(cast):
    article = make_article(cast.acme, cast.carol, "Plan")
    comments = [make_comment(article, cast.bob, f"Number {n}.") for n in range(COMMENTS_PER_PAGE + 3)]
    dave = browser(cast.dave)
    first = dave.get(at("plan/")).context["page"]
    second = dave.get(at(f"plan/?{first.next_query}")).context["page"]
    assert [*first.items, *second.items] == sorted(comments, key=lambda each: (each.created_at, each.pk), reverse=True)


def test_queries_do_not_grow_with_comments(cast, django_assert_num_queries):
    article = make_article(cast.acme, cast.carol, "Plan")
    for _ in range(10):
        make_comment(article, cast.bob)
    alice = browser(cast.alice)
    with django_assert_num_queries(
        8
    ):  # session, user, organization, article, waiting (also of all), comments, other organizations
        alice.get(at("plan/"))
