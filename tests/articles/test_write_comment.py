"""Members comment; what they write appears once a moderator approved it, and the moderators hear of it once."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from articles.mail import COMMENT_WAITING
from articles.models import Comment, CommentNotification, CommentStatus, Status
from jobs.runner import run
from mail import preferences
from mail.models import Email
from tests.articles.builders import at, browser, make_article, make_comment, text_of
from tests.jobs.threads import together


@pytest.fixture
def article(cast):
    return make_article(cast.acme, cast.alice, "Plan")


def write(client, body="Well said."):
    return client.post(at("plan/comments/"), {"body": body})


def test_it_works(article, carol, cast):
    response = carol.post(at("plan/comments/"), {"body": "Well *said*."}, follow=True)
    comment = Comment.objects.get()
    assert (comment.article, comment.author, comment.status) == (article, cast.carol, CommentStatus.PENDING)
    assert response.redirect_chain == [(f"{at('plan/')}#comment-{comment.pk}", 302)]
    page = response.content.decode()
    assert "as soon as a moderator has approved it" in page
    assert "Well <em>said</em>." in page  # its author sees it
    assert "Waiting for approval" in page
    assert "Well <em>said</em>." not in browser(cast.dave).get(at("plan/")).content.decode()


def test_a_refused_one_is_shown_with_the_others_page_by_page(article, carol, cast, monkeypatch):
    monkeypatch.setattr("articles.views.articles.COMMENTS_PER_PAGE", 2)
    for number in range(3):
        make_comment(article, cast.bob, f"Number {number}.")
    page = write(carol, "").content.decode()
    assert "Number 0." not in page
    older = re.search(r'rel="next" href="([^"]*)"', page)[1]
    assert "Number 0." in carol.get(older).content.decode()


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_moderators_own_comments_appear_at_once(article, cast, name):
    moderator = getattr(cast, name)
    response = browser(moderator).post(at("plan/comments/"), {"body": "Well said."}, follow=True)
    assert "Your comment is published." in response.content.decode()  # which is said to who does not see it appear
    comment = Comment.objects.get()
    assert (comment.status, comment.moderated_by) == (CommentStatus.APPROVED, moderator)
    assert [each.kind for each in CommentNotification.objects.all()] == ["approved"]
    assert "Well said." in browser(cast.dave).get(at("plan/")).content.decode()


def test_moderators_are_told_once_each(article, carol, cast, server, at_once):
    with at_once():
        write(carol, "Is there **parking**?")
    assert sorted(message["To"] for message in server.messages) == ["alice@acme.test", "bob@acme.test"]
    message = server.messages[0]
    assert message["Subject"] == "A comment waits: Plan"
    assert "Carol has commented on “Plan” in Acme:\n\nIs there parking?" in text_of(message)
    assert "/orgs/acme/articles/comments/" in message.get_body(["html"]).get_content()

    notification = CommentNotification.objects.get()
    for _ in range(3):
        CommentNotification.objects.update(status="pending")
        with at_once():
            run(CommentNotification, notification.pk)
    assert Email.objects.count() == len(server.messages) == 2


def test_moderators_who_do_not_wish_are_not_told(article, carol, cast, server, at_once):
    preferences.opt_out(cast.bob, COMMENT_WAITING)
    with at_once():
        write(carol)
    assert [message["To"] for message in server.messages] == ["alice@acme.test"]


def test_no_alert_of_what_was_decided_meanwhile(article, carol, cast, server, at_once):
    with at_once():
        write(carol)
        Comment.objects.get().reject(cast.bob)
    assert server.messages == []


@pytest.mark.parametrize("body", ["", "   ", "x" * 5001, "\x00"])
def test_bad_comment_is_an_error_of_the_form(article, carol, body):
    response = write(carol, body)
    assert response.status_code == 200
    assert response.context["comment_form"].errors["body"]
    assert not Comment.objects.exists()


def test_viewers_and_strangers_do_not_comment(article, cast):
    dave = browser(cast.dave)
    assert "Send comment" not in dave.get(at("plan/")).content.decode()
    assert write(dave).status_code == 403
    assert write(browser(cast.mallory)).status_code == 404
    assert not Comment.objects.exists()


@pytest.mark.parametrize("status", [Status.ARCHIVED, Status.DRAFT, Status.SCHEDULED])
def test_only_published_articles_take_comments(cast, carol, status):
    make_article(cast.acme, cast.carol, "Plan", status=status)
    assert "Send comment" not in carol.get(at("plan/")).content.decode()
    assert write(carol).status_code == 403


def test_a_flood_is_stopped_in_words(article, carol, cast):
    answers = [write(carol, f"Number {n}.") for n in range(7)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 2
    page = answers[-1].content.decode()
    assert "You have just written many comments. Please try again in 60 seconds." in page
    assert "Number 6." in page  # nothing that was written is lost
    assert 50 < int(answers[-1]["Retry-After"]) <= 60
    assert Comment.objects.count() == 5
    assert write(browser(cast.bob)).status_code == 302  # others may


def test_after_a_minute_one_may_go_on(article, carol, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    for _ in range(5):
        write(carol)
    time_machine.shift(timedelta(seconds=59))
    assert write(carol).status_code == 429
    time_machine.shift(timedelta(seconds=1))
    assert write(carol).status_code == 302


def test_a_slow_flood_is_stopped_too(article, carol, cast):
    now = timezone.now()
    for n in range(60):
        make_comment(article, cast.carol, created_at=now - timedelta(minutes=n % 55 + 2))
    response = write(carol)
    assert response.status_code == 429
    assert "minutes" in response.content.decode()


def test_comments_in_all_organizations_count(article, carol, cast):
    other = make_article(cast.elsewhere, cast.mallory)
    for _ in range(5):
        make_comment(other, cast.carol, created_at=timezone.now())
    assert write(carol).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_a_flood_that_arrives_at_once_is_stopped_too(article, cast):
    answers = []
    together(8, lambda: answers.append(write(browser(cast.carol)).status_code))
    assert sorted(answers) == [302] * 5 + [429] * 3
    assert Comment.objects.count() == 5
