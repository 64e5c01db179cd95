"""The page of alerts, for whoever operates the installation, and the line above the other pages of operation."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mail import preferences
from mail.models import Email
from ops.mail import ALERTS
from ops.models import Alert, Webhook
from orgs.models import AuditEntry

pytestmark = pytest.mark.django_db

PAGE = "/ops/alerts/"


@pytest.fixture
def browser(operator):
    client = Client(headers={"accept": "text/html"})
    client.force_login(operator)
    return client


def make_alert(key="consumer:emails", **columns):
    now = timezone.now()
    columns = {"since": now, "last_seen": now, "raised_at": now, "severity": "critical", **columns}
    return Alert.objects.create(key=key, words=f"Trouble with {key}.", remedy="Mend <it>.", **columns)


def words(browser, path=PAGE):
    answer = browser.get(path, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_works(browser):
    assert "All is well" in words(browser)
    make_alert()
    make_alert("disk", severity="warning", ended_at=timezone.now())
    make_alert("backup", raised_at=None)
    page = words(browser)
    for expected in (
        "Trouble with consumer:emails.",
        "Mend &lt;it&gt;.",
        "Critical",
        "Not yet",
        "Trouble with disk.",
        "Carol",
    ):
        assert expected in page
    assert "All is well" not in page
    assert "Trouble with backup." not in page  # it may be gone at the next look
    assert "Alerts</a>" in page  # in the menu


def test_the_worst_comes_first_and_what_is_muted_last(browser):
    make_alert("a", severity="critical", muted_until=timezone.now() + timedelta(hours=1))
    make_alert("b", severity="warning")
    make_alert("c", severity="critical")
    assert [alert.key for alert, _ in browser.get(PAGE).context["open"]] == ["c", "b", "a"]


def test_mute_and_tell_again(browser, operator):
    alert = make_alert()
    page = browser.post(f"{PAGE}{alert.pk}/mute/", {"hours": "24"}, follow=True).content.decode()
    assert "Nobody is told of it for 1 day: Trouble with consumer:emails." in page
    assert "Muted until" in page
    alert.refresh_from_db()
    assert timedelta(hours=23) < alert.muted_until - timezone.now() <= timedelta(hours=24)
    page = browser.post(f"{PAGE}{alert.pk}/unmute/", follow=True).content.decode()
    assert "Muted until" not in page
    assert list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "target")) == [
        (operator.pk, "muted", "alert:consumer:emails"),
        (operator.pk, "unmuted", "alert:consumer:emails"),
    ]


@pytest.mark.parametrize("hours", ["", "2", "-1", "x", "1e9", "1" * 5000])
def test_other_times_than_those_offered_are_refused(browser, hours):
    answer = browser.post(f"{PAGE}{make_alert().pk}/mute/", {"hours": hours})
    assert answer.status_code == 400
    assert "hours has to be one of 1, 24, 168." in answer.content.decode()


def test_what_is_over_cannot_be_muted(browser):
    alert = make_alert(ended_at=timezone.now())
    assert browser.post(f"{PAGE}{alert.pk}/mute/", {"hours": "1"}).status_code == 404


def test_the_history_is_paged(browser, django_assert_max_num_queries):
    for number in range(120):
        make_alert(f"old:{number:03}", ended_at=timezone.now())
    seen, path = [], PAGE
    while path:
        with django_assert_max_num_queries(12):
            page = browser.get(path)
        seen += [alert.key for alert in page.context["history"]]
        path = page.context["older"] and f"{PAGE}?before={page.context['older']}"
    assert seen == [f"old:{number:03}" for number in reversed(range(120))]
    assert "No older alerts" in words(browser, f"{PAGE}?before=1")


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "1.5", "²"])
def test_a_page_that_is_none_is_refused(browser, before):
    answer = browser.get(PAGE, {"before": before})
    assert answer.status_code == 400
    assert "before is not the number of an alert" in answer.content.decode()


# ---- a test of the ways


def test_a_test_goes_to_whoever_asks_and_to_the_webhook(
    browser, server, webhook, django_capture_on_commit_callbacks, operator
):
    with django_capture_on_commit_callbacks(execute=True):
        page = browser.post(f"{PAGE}test/", follow=True).content.decode()
    assert "on its way by e-mail to carol@acme.test and to the webhook." in page
    (message,) = server.messages
    assert message["Subject"] == "Test: alerts of Roost arrive here"
    assert webhook.payloads[0]["test"] is True
    assert [(entry.action, entry.target) for entry in AuditEntry.objects.all()] == [("tested", "alerts")]
    page = words(browser)
    assert "It answered 200." in page
    assert "the webhook at 127.0.0.1" in page
    assert "s3cret" not in page


def test_who_has_switched_them_off_is_told_so(browser, operator):
    preferences.opt_out(operator, ALERTS)
    page = browser.post(f"{PAGE}test/", follow=True).content.decode()
    assert "It has no way to go" in page
    assert "Nobody is told" in page
    assert "You have switched these e-mails off" in page
    assert not Email.objects.exists()
    assert not Webhook.objects.exists()


def test_a_post_that_failed_is_shown(browser, webhook, django_capture_on_commit_callbacks):
    webhook.answers = [404]
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"{PAGE}test/")
    assert "The webhook answered 404: it does not take this." in words(browser)


# ---- the line above the other pages


def test_what_presses_stands_above_the_other_pages(browser, django_assert_max_num_queries):
    assert "attention" not in words(browser, "/ops/schedules/")
    make_alert("disk", severity="warning")
    make_alert()
    make_alert("over", ended_at=timezone.now())
    make_alert("muted", muted_until=timezone.now() + timedelta(hours=1))
    page = words(browser, "/ops/schedules/")
    assert "2 things need attention." in page
    assert "Trouble with consumer:emails." in page
    assert 'href="/ops/alerts/"' in page
    Alert.objects.filter(key="consumer:emails").delete()
    assert "1 thing needs attention." in words(browser, "/ops/schedules/")


@pytest.mark.parametrize("path", ["", "1/mute/", "1/unmute/", "test/"])
def test_others_do_not_see_that_it_exists(cast, client, path):
    client.force_login(cast.alice)  # an owner, but not of the installation
    assert client.get(PAGE + path).status_code == 404
    assert client.post(PAGE + path).status_code == 404
