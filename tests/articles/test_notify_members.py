"""Of a published article every member who wants it and may see it is told, once, whatever happens on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from articles.mail import ARTICLE_PUBLISHED
from articles.models import ArticleNotification, Status
from articles.models.notification import SETTLED
from jobs.runner import run
from mail import preferences
from mail.models import Email
from orgs.models import Membership, Role
from tests.articles.builders import make_article, text_of
from tests.cast import make_org, make_user
from tests.consumer import history, is_done, until

MEMBERS = 500


@pytest.fixture
def article(cast):
    return make_article(cast.acme, cast.carol, "Our plan", status=Status.DRAFT, body="We **move** on Monday.\n\nSoon.")


def recipients(server):
    return sorted(message["To"] for message in server.messages)


EVERYBODY = ["alice@acme.test", "bob@acme.test", "carol@acme.test", "dave@acme.test"]


def test_it_works(article, server, at_once, settings):
    with at_once():
        article.publish()
    assert recipients(server) == EVERYBODY
    message = server.messages[0]
    assert message["Subject"] == "Our plan"
    text = text_of(message)
    assert "Carol has published an article in Acme:" in text
    assert "We move on Monday. Soon." in text
    assert f"{settings.PUBLIC_URL}/orgs/acme/articles/our-plan/" in text
    assert "<h1>Our plan</h1>" in message.get_body(["html"]).get_content()
    assert message["List-Unsubscribe"]


def test_keys_name_article_and_member(article, cast, at_once):
    with at_once():
        article.publish()
    people = (cast.alice, cast.bob, cast.carol, cast.dave)
    assert set(Email.objects.values_list("key", flat=True)) == {
        f"article:{article.pk}:published:user:{user.pk}" for user in people
    }


def test_who_does_not_want_it_or_is_gone_gets_nothing(article, cast, server, at_once):
    preferences.opt_out(cast.alice, ARTICLE_PUBLISHED)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    cast.acme.memberships.get(user=cast.dave).remove()
    with at_once():
        article.publish()
    assert recipients(server) == ["carol@acme.test"]


def test_who_left_before_the_mail_went_out_gets_nothing(article, cast, server, at_once, settings):
    settings.EMAIL_TRANSPORT, transport = "", settings.EMAIL_TRANSPORT  # kept until there is a server
    with at_once():
        article.publish()
    cast.acme.memberships.get(user=cast.dave).remove()
    settings.EMAIL_TRANSPORT = transport
    send_all()
    assert recipients(server) == EVERYBODY[:3]
    assert Email.objects.get(user=cast.dave).status == "cancelled"


def send_all():
    for email in Email.objects.unfinished():
        run(Email, email.pk)


def test_withdrawn_before_the_mail_goes_out_sends_nothing(article, server, at_once, settings):
    settings.EMAIL_TRANSPORT, transport = "", settings.EMAIL_TRANSPORT
    with at_once():
        article.publish()
    article.withdraw()
    settings.EMAIL_TRANSPORT = transport
    send_all()
    assert server.messages == []
    assert set(Email.objects.values_list("status", flat=True)) == {"cancelled"}


@pytest.mark.parametrize("verb", ["withdraw", "archive"])
def test_withdrawn_before_the_fan_out_writes_nothing(article, at_once, verb):
    with at_once():
        article.publish()
        getattr(article, verb)()
    notification = ArticleNotification.objects.get()
    assert (notification.status, notification.error) == ("cancelled", "Withdrawn.")
    assert history(notification) == ["cancelled"]
    assert not Email.objects.exists()


def test_deleted_article_sends_nothing(article, server, at_once, settings):
    settings.EMAIL_TRANSPORT, transport = "", settings.EMAIL_TRANSPORT
    with at_once():
        article.publish()
    article.delete()
    settings.EMAIL_TRANSPORT = transport
    send_all()
    assert server.messages == []


@pytest.fixture
def go_on(at_once, time_machine):
    """Lets the minute pass after which a notification goes on that is wanted again, and runs it."""

    def go_on():
        time_machine.move_to(timezone.now() + SETTLED)
        with at_once():
            run(ArticleNotification, ArticleNotification.objects.get().pk)
        assert ArticleNotification.objects.get().status == "done"

    return go_on


def test_published_again_is_not_told_again(article, server, at_once, go_on):
    for _ in range(3):
        with at_once():
            article.publish()
        article.withdraw()
    with at_once():
        article.publish()
    go_on()
    assert recipients(server) == EVERYBODY


def test_published_again_is_no_news_for_who_came_later(article, server, at_once, go_on, cast):
    with at_once():
        article.publish()
    article.archive()
    cast.acme.add_member(make_user("Erin"), Role.MEMBER)
    with at_once():
        article.publish()
    go_on()
    assert recipients(server) == EVERYBODY


def test_publish_unpublish_publish_in_one_breath_is_one_mail_each(article, server, at_once):
    with at_once():
        article.publish()
        article.withdraw()
        article.publish()
    assert recipients(server) == EVERYBODY


def test_what_a_withdrawal_cut_short_goes_on_when_it_is_published_again(article, server, at_once, go_on):
    with at_once():
        article.publish()
        article.withdraw()
    assert ArticleNotification.objects.get().status == "cancelled"
    with at_once():
        article.publish()
    go_on()
    assert recipients(server) == EVERYBODY


def test_mail_that_a_withdrawal_kept_back_is_written_anew(article, server, at_once, settings, go_on):
    settings.EMAIL_TRANSPORT, transport = "", settings.EMAIL_TRANSPORT
    with at_once():
        article.publish()
    settings.EMAIL_TRANSPORT = transport
    run(Email, Email.objects.first().pk)
    article.withdraw()
    send_all()
    assert len(server.messages) == 1
    article.title = "A better plan"
    article.save(update_fields=["title"])
    with at_once():
        article.publish()
    go_on()
    assert recipients(server) == EVERYBODY
    assert [message["Subject"] for message in server.messages] == ["Our plan"] + ["A better plan"] * 3


def test_line_break_and_markup_in_title_and_name_stay_words(article, cast, server, at_once):
    """The form lets no such title through; a row that came otherwise does no harm either."""
    article.title = "Plan\r\nBcc: eve@elsewhere.test <script>"
    article.save(update_fields=["title"])
    cast.carol.name = "Carol <img src=x>"
    cast.carol.save()
    with at_once():
        article.publish()
    message = server.messages[0]
    assert recipients(server) == EVERYBODY
    assert message["Subject"].startswith("Plan")
    assert message["Bcc"] is None
    page = message.get_body(["html"]).get_content()
    assert "<script>" not in page
    assert "<img" not in page


def test_a_notification_run_twice_tells_once(article, at_once):
    with at_once():
        article.publish()
    notification = ArticleNotification.objects.get()
    ArticleNotification.objects.update(status="pending")
    run(ArticleNotification, notification.pk)
    assert Email.objects.count() == 4


@pytest.fixture
def large(installation):
    """An article of an organization with many members, not yet published, in a real installation."""
    owner = make_user(email="olive@large.test")
    organization = make_org(owner=owner)
    people = User.objects.bulk_create(User(email=f"m{n}@large.test", password="!") for n in range(MEMBERS - 1))
    Membership.objects.bulk_create(Membership(organization=organization, user=user) for user in people)
    yield make_article(organization, owner, status=Status.DRAFT)
    Email.objects.all().delete()
    organization.delete()
    User.objects.all().delete()


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_fan_out_to_many_members_is_killed_in_the_middle_and_goes_on(large, installation):
    large.publish()
    notification = large.notifications.get()
    for threshold in (100, 200):
        with installation.consumer("emails") as consumer:
            until(lambda threshold=threshold: Email.objects.count() >= threshold)
            consumer.kill()
        assert Email.objects.count() < MEMBERS
    with installation.consumer("emails"):
        until(lambda: is_done(notification))
    assert history(notification) == ["died"] * 2 + ["done"]
    assert Email.objects.count() == Email.objects.values("user").distinct().count() == MEMBERS
    assert set(Email.objects.values_list("status", flat=True)) == {"pending"}
    assert (notification.progress, notification.total) == (MEMBERS, MEMBERS)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_publish_unpublish_publish_while_many_are_told_is_one_mail_each(large, installation, server, monkeypatch):
    """Whatever was written, withdrawn or sent when it was withdrawn and published again."""
    monkeypatch.setattr("articles.models.notification.SETTLED", timedelta(seconds=2))
    environment = installation.environment
    installation.environment = environment | {"EMAIL_URL": f"smtp://localhost:{server.port}"}
    large.publish()
    with installation.consumer("emails"):
        for sent in (5, 100):
            until(lambda sent=sent: len(server.messages) >= sent)
            large.withdraw()
            until(
                lambda: (
                    Email.objects.filter(status="cancelled").exists() or large.notifications.get().status == "cancelled"
                )
            )
            large.publish()
        until(lambda: len(server.messages) >= MEMBERS, 90)
        until(lambda: not Email.objects.unfinished().exists() and is_done(large.notifications.get()))
    installation.environment = environment
    assert len(server.messages) == len({message["To"] for message in server.messages}) == MEMBERS
