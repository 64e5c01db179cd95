"""Nobody floods members with mail: within an hour they are told of TOLD_LIMIT articles by one author at most."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Article, ArticleNotification, Status
from articles.models.article import TOLD_LIMIT, ArticleFlood
from articles.tasks import publish_due_articles
from mail.models import Email
from tests.articles.builders import at, browser, make_article
from tests.jobs.threads import together

HOUR = timedelta(hours=1)


def tell(organization, author, count=TOLD_LIMIT):
    """Publish so many articles of an author."""
    for _ in range(count):
        assert make_article(organization, author, status=Status.DRAFT).publish()


def schedule(cast, publish_at, count=TOLD_LIMIT):
    return [make_article(cast.acme, cast.carol, status=Status.SCHEDULED, publish_at=publish_at) for _ in range(count)]


def local(moment):
    return moment.strftime("%Y-%m-%dT%H:%M")


def test_it_works(cast, draft, carol, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    tell(cast.acme, cast.carol)
    answer = carol.post(at("plan/publish/"))
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 3600
    page = answer.content.decode()
    assert "Within an hour members are told of 20 articles by one author at most." in page
    assert "Please try again in 60 minutes, or schedule this one." in page
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT
    assert not draft.notifications.exists()

    time_machine.shift(HOUR)
    assert carol.post(at("plan/publish/")).status_code == 302
    assert draft.notifications.count() == 1


def test_one_less_may_be_published(cast, draft, carol):
    tell(cast.acme, cast.carol, TOLD_LIMIT - 1)
    assert carol.post(at("plan/publish/")).status_code == 302


def test_it_holds_whoever_publishes_and_in_all_organizations(cast, draft):
    tell(cast.elsewhere, cast.carol)
    assert browser(cast.bob).post(at("plan/publish/")).status_code == 429


def test_other_authors_may_publish(cast, carol):
    tell(cast.acme, cast.carol)
    make_article(cast.acme, cast.bob, "Theirs", status=Status.DRAFT)
    assert browser(cast.bob).post(at("theirs/publish/")).status_code == 302


def test_what_members_have_been_told_of_may_be_published_again(cast, draft, carol):
    draft.publish()
    draft.withdraw()
    tell(cast.acme, cast.carol, TOLD_LIMIT - 1)
    assert carol.post(at("plan/publish/")).status_code == 302


def test_what_nobody_is_told_of_does_not_count(cast, draft, carol):
    for _ in range(TOLD_LIMIT):
        make_article(cast.acme, cast.carol)
    assert carol.post(at("plan/publish/")).status_code == 302


@pytest.mark.parametrize(("later", "status"), [(timedelta(0), 200), (timedelta(minutes=59), 200), (HOUR, 302)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_time_that_is_too_full_cannot_be_chosen(cast, draft, carol, later, status, sign):
    noon = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    schedule(cast, noon)
    answer = carol.post(at("plan/schedule/"), {"publish_at": local(noon + sign * later)})
    assert answer.status_code == status
    if status == 200:
        words = "Within an hour members are told of 20 articles by one author at most: choose another time."
        assert words in answer.content.decode()
    draft.refresh_from_db()
    assert draft.status == (Status.DRAFT if status == 200 else Status.SCHEDULED)


def test_what_is_scheduled_for_soon_counts_too(cast, draft, carol):
    schedule(cast, timezone.now() + timedelta(minutes=30))
    assert carol.post(at("plan/publish/")).status_code == 429


def test_its_own_time_may_be_changed(cast, carol):
    noon = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    last = schedule(cast, noon)[-1]
    later = local(noon + timedelta(minutes=10))
    assert carol.post(at(f"{last.slug}/schedule/"), {"publish_at": later}).status_code == 302


def test_what_is_scheduled_is_published_and_told_of(cast, django_capture_on_commit_callbacks, time_machine):
    """However much comes due at once, because nothing ran for a while, or from a release without the limit."""
    now = timezone.now()
    for number in range(TOLD_LIMIT + 2):
        schedule(cast, now + timedelta(days=1, hours=2 * number), 1)
    time_machine.move_to(now + timedelta(days=9))
    with django_capture_on_commit_callbacks(execute=True):
        publish_due_articles()
    assert set(Article.objects.values_list("status", flat=True)) == {Status.PUBLISHED}
    assert ArticleNotification.objects.filter(status="done").count() == TOLD_LIMIT + 2
    assert Email.objects.filter(recipient=cast.dave.email).count() == TOLD_LIMIT + 2


@pytest.mark.django_db(transaction=True)
def test_several_at_once_are_not_more(cast):
    tell(cast.acme, cast.carol, TOLD_LIMIT - 2)
    drafts = [make_article(cast.acme, cast.carol, status=Status.DRAFT) for _ in range(5)]
    refused = []

    def publish():
        try:
            drafts.pop().publish()
        except ArticleFlood:
            refused.append(True)

    together(5, publish)
    assert len(refused) == 3
    assert ArticleNotification.objects.count() == TOLD_LIMIT
