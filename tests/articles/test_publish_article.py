"""Publishing shows an article to every member, and makes it known once; withdrawing and archiving take it back."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from articles.models import Article, ArticleNotification, Status
from mail.models import Email
from orgs.models import Membership, Role
from tests.articles.builders import at, browser, make_article
from tests.jobs.threads import together


def test_it_works(draft, carol, cast):
    before = timezone.now()
    response = carol.post(at("plan/publish/"), follow=True)
    draft.refresh_from_db()
    assert draft.status == Status.PUBLISHED
    assert before <= draft.published_at <= timezone.now()
    assert "Published." in response.content.decode()
    assert browser(cast.dave).get(at("plan/")).status_code == 200
    assert [(each.article, each.kind) for each in ArticleNotification.objects.all()] == [(draft, "published")]


@pytest.mark.parametrize("verb", ["publish", "schedule", "withdraw", "archive"])
def test_only_who_may_edit_decides(cast, draft, verb):
    assert browser(cast.dave).post(at(f"plan/{verb}/")).status_code == 404  # a draft of others is not there
    draft.publish()
    erin = User.objects.create_user("erin@acme.test")
    Membership.objects.create(organization=cast.acme, user=erin, role=Role.MEMBER)
    assert browser(erin).post(at(f"plan/{verb}/")).status_code == 403
    assert browser(cast.dave).post(at(f"plan/{verb}/")).status_code == 403
    assert browser(cast.mallory).post(at(f"plan/{verb}/")).status_code == 404
    assert browser(cast.bob).post(at(f"plan/{verb}/"), {"publish_at": "2030-01-01T10:00"}).status_code == 302


@pytest.mark.parametrize("verb", ["publish", "schedule", "withdraw", "archive"])
def test_looking_changes_nothing(draft, carol, verb):
    assert carol.get(at(f"plan/{verb}/")).status_code == 405


def test_a_second_click_does_nothing(draft, carol):
    carol.post(at("plan/publish/"))
    response = carol.post(at("plan/publish/"), follow=True)
    assert "Nothing changed: the article is published." in response.content.decode()
    assert ArticleNotification.objects.count() == 1


def test_withdrawn_article_is_a_draft_again(draft, carol, cast):
    carol.post(at("plan/publish/"))
    carol.post(at("plan/withdraw/"))
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT
    assert browser(cast.dave).get(at("plan/")).status_code == 404


def test_archived_article_is_read_but_not_listed(draft, carol, cast):
    carol.post(at("plan/publish/"))
    carol.post(at("plan/archive/"))
    dave = browser(cast.dave)
    assert dave.get(at("plan/")).status_code == 200
    assert dave.get(at()).context["page"].items == []
    assert dave.get(at("?status=archived")).context["page"].items == [draft]


def test_published_again_it_stays_in_its_place(draft, carol):
    carol.post(at("plan/publish/"))
    first = Article.objects.get().published_at
    carol.post(at("plan/archive/"))
    response = carol.post(at("plan/publish/"), follow=True)
    assert Article.objects.get().published_at == first
    assert "Published again." in response.content.decode()


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        (Status.DRAFT, "withdraw"),
        (Status.DRAFT, "archive"),
        (Status.ARCHIVED, "withdraw"),
        (Status.ARCHIVED, "archive"),
    ],
)
def test_steps_that_are_not_there_change_nothing(cast, carol, status, verb):
    article = make_article(cast.acme, cast.carol, "Plan", status=status)
    response = carol.post(at(f"plan/{verb}/"), follow=True)
    article.refresh_from_db()
    assert article.status == status
    assert "Nothing changed" in response.content.decode()


def test_notification_is_of_the_same_transaction(draft):
    with transaction.atomic():
        draft.publish()
        transaction.set_rollback(True)
    assert not ArticleNotification.objects.exists()
    assert Article.objects.get().status == Status.DRAFT


@pytest.mark.django_db(transaction=True)
def test_of_many_who_publish_at_once_one_does(draft):
    outcomes = []
    together(6, lambda: outcomes.append(Article.objects.get(pk=draft.pk).publish()))
    assert sorted(outcomes) == [False] * 5 + [True]
    assert ArticleNotification.objects.count() == 1
    assert Email.objects.count() == 4


def test_request_does_nothing_for_each_member(draft, carol, cast, django_assert_num_queries):
    """What a thousand members cost is for the job; bin/bench measures the request's time."""
    people = [User(email=f"{n}@acme.test", password="!") for n in range(1000)]
    Membership.objects.bulk_create(
        Membership(organization=cast.acme, user=user) for user in User.objects.bulk_create(people)
    )
    # Session, user, organization, article; the UPDATE in its savepoint; the notification, looked for and made in
    # another; the event for open pages, before which PostgreSQL waits for its turn; the article, read again.
    with django_assert_num_queries(19 + (connection.vendor == "postgresql")):
        carol.post(at("plan/publish/"))
    assert not Email.objects.exists()
