"""An article is published at its time, once, also where nothing ran then."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from articles.models import Article, ArticleNotification, Status
from articles.tasks import publish_due_articles
from jobs.models import Schedule, ScheduledRun
from jobs.schedules import open_due_slots
from mail.models import Email
from orgs.models import Role
from tests.articles.builders import at, browser, make_article
from tests.cast import make_cast
from tests.consumer import until
from tests.jobs.threads import together

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def cast(db, time_machine):
    """Members since the day before: who comes later than an article is not told of it."""
    time_machine.move_to(NOON - timedelta(days=1))
    return make_cast()


def test_it_works(draft, carol, at_once, time_machine):
    time_machine.move_to(NOON, tick=False)
    open_due_slots()  # as a consumer does each minute
    response = carol.post(at("plan/schedule/"), {"publish_at": "2026-11-23T13:30"}, follow=True)
    draft.refresh_from_db()
    assert (draft.status, draft.publish_at) == (Status.SCHEDULED, NOON + timedelta(minutes=90))
    assert "23 Nov 2026, 13:30" in response.content.decode()

    time_machine.move_to(NOON + timedelta(minutes=89), tick=False)
    with at_once():
        open_due_slots()
    draft.refresh_from_db()
    assert draft.status == Status.SCHEDULED

    time_machine.move_to(NOON + timedelta(minutes=90), tick=False)
    with at_once():
        open_due_slots()
    draft.refresh_from_db()
    assert (draft.status, draft.publish_at, draft.published_at) == (Status.PUBLISHED, None, timezone.now())
    assert Email.objects.count() == 4


def test_time_is_in_the_authors_zone(cast, draft, carol, time_machine):
    time_machine.move_to(NOON)
    cast.carol.time_zone = "America/New_York"
    cast.carol.save()
    page = carol.get(at("plan/")).content.decode()
    assert "In your time zone, America/New_York." in page
    carol.post(at("plan/schedule/"), {"publish_at": "2026-12-01T09:00"})
    draft.refresh_from_db()
    assert draft.publish_at == datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    assert 'value="2026-12-01T09:00"' in carol.get(at("plan/")).content.decode()


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "tomorrow",
        "2026-11-23T11:59",
        "2026-11-23T12:00",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "2027-03-28T02:30",  # skipped by the clocks of Berlin
        "2026-13-01T00:00",
        "\x00",
    ],
)
def test_bad_time_is_an_error_in_words(cast, draft, carol, moment, time_machine):
    time_machine.move_to(NOON)
    cast.carol.time_zone = "Europe/Berlin"
    cast.carol.save()
    if moment.startswith("2026-11-23"):
        moment = moment.replace("T11", "T12").replace("T12:00", "T13:00")
    response = carol.post(at("plan/schedule/"), {"publish_at": moment})
    assert response.status_code == 200
    assert response.context["schedule_form"].errors["publish_at"]
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_changed_and_withdrawn_times(draft, carol, at_once, time_machine):
    time_machine.move_to(NOON, tick=False)
    carol.post(at("plan/schedule/"), {"publish_at": "2026-11-23T13:00"})
    carol.post(at("plan/schedule/"), {"publish_at": "2026-11-23T14:00"})
    time_machine.move_to(NOON + timedelta(hours=1), tick=False)
    publish_due_articles()
    draft.refresh_from_db()
    assert (draft.status, draft.publish_at) == (Status.SCHEDULED, NOON + timedelta(hours=2))
    carol.post(at("plan/withdraw/"))
    time_machine.move_to(NOON + timedelta(hours=3), tick=False)
    publish_due_articles()
    draft.refresh_from_db()
    assert (draft.status, draft.publish_at) == (Status.DRAFT, None)
    assert not ArticleNotification.objects.exists()


def test_published_by_hand_before_its_time_it_is_not_published_again(cast, carol, time_machine):
    article = make_article(cast.acme, cast.carol, "Plan", status=Status.SCHEDULED)
    carol.post(at("plan/publish/"))
    carol.post(at("plan/archive/"))
    time_machine.move_to(timezone.now() + timedelta(days=2))
    publish_due_articles()
    article.refresh_from_db()
    assert article.status == Status.ARCHIVED
    assert ArticleNotification.objects.count() == 1


def leave(cast):
    cast.acme.memberships.get(user=cast.carol).remove(by=cast.alice)


def be_demoted(cast):
    cast.acme.memberships.get(user=cast.carol).change_role(Role.VIEWER, by=cast.alice)


def be_locked_out(cast):
    type(cast.carol).objects.filter(pk=cast.carol.pk).update(is_active=False)


@pytest.mark.parametrize("lose_the_right", [leave, be_demoted, be_locked_out])
def test_who_may_no_longer_publish_writes_to_nobody(cast, draft, carol, at_once, time_machine, lose_the_right):
    time_machine.move_to(NOON, tick=False)
    carol.post(at("plan/schedule/"), {"publish_at": "2026-11-23T13:30"})
    lose_the_right(cast)
    Email.objects.all().delete()
    time_machine.move_to(NOON + timedelta(minutes=91), tick=False)
    with at_once():
        publish_due_articles()
    draft.refresh_from_db()
    assert (draft.status, draft.publish_at, draft.published_at) == (Status.DRAFT, None, None)
    assert not Email.objects.exists()


def test_an_admin_schedules_the_article_of_somebody_who_has_left(cast, draft, at_once, time_machine):
    leave(cast)
    time_machine.move_to(NOON, tick=False)
    browser(cast.bob).post(at("plan/schedule/"), {"publish_at": "2026-11-23T13:30"})
    time_machine.move_to(NOON + timedelta(minutes=91), tick=False)
    with at_once():
        publish_due_articles()
    draft.refresh_from_db()
    assert draft.status == Status.PUBLISHED


def test_scheduled_articles_change_and_published_ones_are_not_scheduled(cast, carol):
    article = make_article(cast.acme, cast.carol, "Plan")
    carol.post(at("plan/schedule/"), {"publish_at": "2030-01-01T10:00"})
    article.refresh_from_db()
    assert (article.status, article.publish_at) == (Status.PUBLISHED, None)


@pytest.mark.django_db(transaction=True)
def test_of_many_runs_at_once_one_publishes(cast):
    articles = [make_article(cast.acme, cast.carol, status=Status.SCHEDULED) for _ in range(5)]
    Article.objects.update(publish_at=timezone.now() - timedelta(minutes=5))
    together(4, publish_due_articles)
    assert set(Article.objects.values_list("status", flat=True)) == {Status.PUBLISHED}
    assert ArticleNotification.objects.count() == len(articles)
    assert Email.objects.count() == 4 * len(articles)


@pytest.mark.django_db(transaction=True)
def test_one_slot_and_many_consumers_is_one_run(cast, time_machine):
    make_article(cast.acme, cast.carol, status=Status.SCHEDULED, publish_at=NOON)
    time_machine.move_to(NOON - timedelta(seconds=30), tick=False)
    open_due_slots()
    time_machine.move_to(NOON, tick=False)
    together(4, open_due_slots)
    assert ScheduledRun.objects.filter(schedule__name="articles.publish_due_articles").count() == 1
    assert ArticleNotification.objects.count() == 1
    assert Email.objects.count() == 4


@pytest.mark.slow
def test_what_came_due_while_nothing_ran_is_published_at_the_start(installation):
    """Both consumers, which both look at the schedules."""
    cast = make_cast()
    article = make_article(cast.acme, cast.carol, status=Status.SCHEDULED)
    Article.objects.filter(pk=article.pk).update(publish_at=timezone.now() - timedelta(days=2))
    open_due_slots()
    Schedule.objects.filter(name="articles.publish_due_articles").update(next_slot=timezone.now() - timedelta(days=2))
    with installation.consumer():
        until(lambda: Email.objects.count() == 4)
        until(lambda: ArticleNotification.objects.get().status == "done")
    article.refresh_from_db()
    assert article.status == Status.PUBLISHED
    assert ScheduledRun.objects.filter(schedule__name="articles.publish_due_articles").count() <= 2  # and this minute's
    assert Email.objects.count() == 4
