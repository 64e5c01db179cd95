"""Owners and admins decide in their queue, one by one or many at once, what appears."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.mail import COMMENT_APPROVED
from articles.models import CommentNotification, CommentStatus, Status
from mail import preferences
from mail.models import Email
from orgs.paging import SIZE
from tests.articles.builders import at, browser, make_article, make_comment, text_of
from tests.cast import make_user


@pytest.fixture
def article(cast):
    return make_article(cast.acme, cast.bob, "Plan")


@pytest.fixture
def comment(article, cast):
    return make_comment(article, cast.carol, "Is there *parking*?", status=CommentStatus.PENDING)


@pytest.fixture
def alice(cast):
    return browser(cast.alice)


def decide(client, verb, *comments, **fields):
    return client.post(at(f"comments/{verb}/"), {"comment": [comment.pk for comment in comments], **fields})


def statuses(*comments):
    for comment in comments:
        comment.refresh_from_db()
    return [comment.status for comment in comments]


def test_it_works(comment, alice, cast):
    page = alice.get(at("comments/")).content.decode()
    assert "Is there <em>parking</em>?" in page
    assert "Carol" in page
    response = alice.post(at("comments/approve/"), {"only": comment.pk}, follow=True)
    assert "1 comment approved." in response.content.decode()
    assert response.context["page"].items == []
    assert statuses(comment) == [CommentStatus.APPROVED]
    assert comment.moderated_by == cast.alice
    assert "Is there <em>parking</em>?" in browser(cast.dave).get(at("plan/")).content.decode()


def test_many_at_once(article, alice, cast):
    comments = [make_comment(article, cast.carol, status=CommentStatus.PENDING) for _ in range(4)]
    response = decide(alice, "approve", *comments[:2])
    assert response.url == at("comments/")
    decide(alice, "reject", comments[2])
    assert statuses(*comments) == ["approved", "approved", "rejected", "pending"]


def test_the_button_of_one_decides_for_one(article, alice, cast):
    comments = [make_comment(article, cast.carol, status=CommentStatus.PENDING) for _ in range(2)]
    decide(alice, "approve", *comments, only=comments[0].pk)
    assert statuses(*comments) == ["approved", "pending"]


def test_rejected_comment_is_for_moderators_only(comment, alice, cast):
    decide(alice, "reject", comment)
    for name in ("carol", "dave", "alice"):
        assert "parking" not in browser(getattr(cast, name)).get(at("plan/")).content.decode()
    page = alice.get(at("comments/?status=rejected")).content.decode()
    assert "parking" in page
    assert "Rejected by Alice" in page


def test_a_decision_can_be_changed(comment, alice):
    decide(alice, "approve", comment)
    response = alice.post(at("comments/reject/"), {"only": comment.pk, "next": at("plan/")})
    assert response.url == at("plan/")
    assert statuses(comment) == ["rejected"]
    decide(alice, "approve", comment)
    assert statuses(comment) == ["approved"]


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_one_comes_back_to_this_site_only(comment, alice, address):
    assert decide(alice, "approve", comment, next=address).url == at("comments/")


@pytest.mark.parametrize("fields", [{}, {"comment": "x"}, {"only": ""}, {"only": "-1"}, {"comment": "9" * 40}])
def test_bad_choice_is_a_400_in_words(comment, alice, fields):
    response = alice.post(at("comments/approve/"), fields)
    assert response.status_code == 400
    assert 'class="errorlist"' in response.content.decode()
    assert statuses(comment) == ["pending"]


def test_comments_of_another_organization_are_no_choice(comment, cast):
    mallory = browser(cast.mallory)
    response = mallory.post(at("comments/approve/", organization="elsewhere"), {"comment": comment.pk})
    assert response.status_code == 400
    assert mallory.post(at("comments/approve/"), {"comment": comment.pk}).status_code == 404
    assert statuses(comment) == ["pending"]


@pytest.mark.parametrize("name", ["carol", "dave"])
def test_members_and_viewers_decide_nothing(comment, cast, name):
    client = browser(getattr(cast, name))
    assert client.get(at("comments/")).status_code == 403
    for verb in ("approve", "reject"):
        assert decide(client, verb, comment).status_code == 403
    assert statuses(comment) == ["pending"]


def test_queue_begins_with_who_waits_longest(article, alice, cast):
    now = timezone.now()
    comments = [
        make_comment(article, cast.carol, status=CommentStatus.PENDING, created_at=now - timedelta(minutes=n))
        for n in range(SIZE + 2)
    ]
    first = alice.get(at("comments/")).context["page"]
    second = alice.get(at(f"comments/?{first.next_query}")).context["page"]
    assert [*first.items, *second.items] == comments[::-1]


def test_queue_is_of_the_organization(cast, alice):
    make_comment(make_article(cast.elsewhere, cast.mallory), cast.mallory, status=CommentStatus.PENDING)
    response = alice.get(at("comments/"))
    assert response.context["page"].items == []
    assert "Nothing waits for you" in response.content.decode()


def test_bad_filter_is_a_400(alice):
    assert alice.get(at("comments/?status=secret")).status_code == 400


def test_queries_do_not_grow_with_the_queue(article, alice, cast, django_assert_num_queries):
    for _ in range(10):
        make_comment(article, cast.carol, status=CommentStatus.PENDING)
    # Session, user, organization, comments, other organizations, how many comments wait (in the header).
    with django_assert_num_queries(6):
        alice.get(at("comments/"))


# ---- who is told


def test_author_and_commenters_are_told(article, comment, cast, server, at_once):
    make_comment(article, cast.dave)  # from when Dave was a member
    with at_once():
        comment.approve(cast.alice)
    assert sorted(message["To"] for message in server.messages) == [
        "bob@acme.test",
        "carol@acme.test",
        "dave@acme.test",
    ]
    texts = {message["To"]: text_of(message) for message in server.messages}
    assert "A comment of Carol has appeared on “Plan” in Acme:\n\nIs there parking?" in texts["bob@acme.test"]
    assert "Your comment has appeared on “Plan” in Acme:" in texts["carol@acme.test"]
    assert f"/orgs/acme/articles/plan/#comment-{comment.pk}" in texts["bob@acme.test"]


def test_who_approved_it_is_not_told(comment, cast, server, at_once):
    with at_once():
        comment.approve(cast.bob)  # the article's author
    assert [message["To"] for message in server.messages] == ["carol@acme.test"]


def test_who_does_not_wish_has_left_or_was_rejected_is_not_told(article, comment, cast, server, at_once):
    preferences.opt_out(cast.bob, COMMENT_APPROVED)
    erin = make_user("Erin")  # no member any more
    make_comment(article, erin)
    make_comment(article, cast.dave, status=CommentStatus.REJECTED)
    with at_once():
        comment.approve(cast.alice)
    assert [message["To"] for message in server.messages] == ["carol@acme.test"]


def test_approved_twice_is_told_once(comment, cast, server, at_once):
    for verb in ("approve", "reject", "approve"):
        with at_once():
            getattr(comment, verb)(cast.alice)
    assert sorted(message["To"] for message in server.messages) == ["bob@acme.test", "carol@acme.test"]
    assert CommentNotification.objects.count() == 1


def test_rejected_again_before_the_mail_goes_out_sends_nothing(comment, cast, server, at_once):
    with at_once():
        comment.approve(cast.alice)
        comment.reject(cast.alice)
    assert server.messages == []


def test_comment_on_an_article_withdrawn_meanwhile_is_told_to_nobody(article, comment, cast, server, at_once):
    with at_once():
        comment.approve(cast.alice)
        article.withdraw()
    assert article.status == Status.DRAFT
    assert server.messages == []
    assert not Email.objects.exists()
