"""Who is told of alerts, what, and how often: by e-mail through a real mail server, and by webhook."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mail import preferences
from mail.models import Email
from ops.alerts import telling
from ops.alerts.watch import left_lying
from ops.health import alerts
from ops.mail import ALERTS
from ops.models import Alert, Webhook
from tests.cast import make_user
from tests.ops.alerts.test_raise_alerts import attempt


@pytest.fixture(autouse=True)
def _told(operator, server, webhook, running):
    """Carol is told, and the webhook."""


def kill_exports(running, minutes=2):
    running.kill("exports")
    running.run(minutes)


def subjects(server):
    return [message["Subject"].strip() for message in server.messages]


def body(message, kind="plain"):
    return message.get_body([kind]).get_content()


def test_it_works(running, server, webhook, settings):
    settings.PUBLIC_URL = "https://roost.test"
    kill_exports(running, 3)
    (message,) = server.messages
    assert message["To"] == "carol@acme.test"
    assert message["Subject"] == "Critical: The consumer of exports has been silent for 2 minutes."
    for kind in "plain", "html":
        words = body(message, kind)
        assert "The consumer of exports has been silent for 2 minutes." in words
        assert "manage.py run_huey --queue exports" in words
        assert "Since 23 Nov 2026, 13:01" in words  # in Berlin
        assert "https://roost.test/ops/alerts/" in words
        assert "https://roost.test/unsubscribe/" in words
    running.start("exports")
    running.run(3)
    assert len(server.messages) == 2
    assert server.messages[1]["Subject"] == "Well again: The consumer of exports has been silent for 3 minutes."
    assert "From 23 Nov 2026, 13:01 to 23 Nov 2026, 13:06." in body(server.messages[1])
    assert [[alert["state"] for alert in payload["alerts"]] for payload in webhook.payloads] == [["new"], ["ended"]]
    running.clock.shift(timedelta(hours=7))
    running.run(2)
    assert len(server.messages) == len(webhook.payloads) == 2


def test_what_comes_together_is_told_together(running, server, webhook):
    attempt()
    attempt("died", job_id=12)
    running.run()
    kill_exports(running, 3)
    assert subjects(server) == ["2 new alerts", "Critical: 1 new alert, 2 ongoing"]
    assert [(alert["state"], alert["key"]) for alert in webhook.payloads[1]["alerts"]] == [
        ("new", "consumer:exports"),
        ("ongoing", "died:exports.exportjob"),
        ("ongoing", "failing:exports.exportjob"),
    ]


def test_ends_that_come_together_are_counted(running):
    ended = [Alert(key=key, words=key, severity="warning") for key in ("disk", "wal")]
    assert telling.Message(timezone.now(), ended=ended).summary == "2 alerts well again"


def test_of_what_has_happened_and_is_past_no_end_is_told(running, server):
    attempt("died")
    running.run()
    running.clock.shift(timedelta(hours=1))
    running.run(2)
    assert Alert.objects.get().ended_at
    assert len(server.messages) == 1


@pytest.mark.slow
def test_it_is_repeated_after_pauses_that_grow(running, server, settings):
    settings.ALERT_REPEAT_HOURS, settings.ALERT_WEBHOOK_URL = 6, ""
    kill_exports(running)
    alert = Alert.objects.get()
    told = [alert.told_at]
    for hours in (6, 12, 24, 48, 96, 168, 168):
        running.clock.move_to(told[-1] + timedelta(hours=hours) - timedelta(minutes=2), tick=False)
        running.run()
        assert len(server.messages) == len(told), hours
        running.run()
        told.append(timezone.now())
        assert len(server.messages) == len(told), hours
    assert subjects(server)[1].startswith("Critical: Ongoing: The consumer of exports")


def test_what_becomes_worse_is_told_anew(running, server, settings):
    settings.ALERT_FAILURES_PER_HOUR = 3
    attempt()
    running.run()
    for _ in range(3):
        attempt()
    running.run()
    assert subjects(server)[1] == "Critical: Jobs of the kind “export” have failed 4 times within an hour."


@pytest.mark.slow
def test_what_flaps_does_not_flood(running, server):
    """Two minutes down and four up, again and again, which could be told eight times."""
    for _ in range(4):
        running.kill("exports")
        running.run(2)
        running.start("exports")
        running.run(4)
    assert [subject[:10] for subject in subjects(server)] == ["Critical: ", "Well again", "Critical: "]


def test_two_that_tell_at_once_write_one_message(running):
    running.kill("exports")
    running.run()
    running.clock.shift(60)
    now = timezone.now()
    with transaction.atomic():
        Alert.objects.update(raised_at=now)
        telling.tell(now)
        telling.tell(now + timedelta(seconds=1))
    assert (Email.objects.count(), Webhook.objects.count()) == (1, 1)


# ---- who


def test_only_who_operates_the_installation_and_wants_it_is_told(cast, operator):
    make_user("Gone", is_staff=True, is_active=False)
    unproven = make_user("Unproven", is_staff=True)
    unproven.emailaddress_set.update(verified=False)
    moving = make_user("Moving", is_staff=True)
    User.objects.filter(pk=moving.pk).update(email="unproven@elsewhere.test")
    unwilling = make_user("Unwilling", is_staff=True)
    preferences.opt_out(unwilling, ALERTS)
    assert list(telling.people()) == [operator]


def test_the_choice_is_on_the_profile_of_staff_and_of_nobody_else(client, cast, operator):
    for user, shown in (cast.alice, False), (operator, True):
        client.force_login(user)
        assert (str(ALERTS.description) in client.get("/profile/").content.decode()) == shown
    client.force_login(cast.alice)
    client.post("/profile/e-mails/", {})
    assert preferences.wants(cast.alice, ALERTS)  # what one is not asked one does not answer


def test_who_no_longer_operates_it_does_not_get_what_waits(running, server, operator):
    server.greets = False
    kill_exports(running)
    User.objects.filter(pk=operator.pk).update(is_staff=False)
    assert not telling.is_still_wanted(Email.objects.get())


def test_with_nobody_to_tell_it_is_told_as_soon_as_there_is_somebody(running, server, operator, settings):
    settings.ALERT_WEBHOOK_URL = ""
    operator.emailaddress_set.update(verified=False)
    kill_exports(running, 5)
    assert not Email.objects.exists()
    operator.emailaddress_set.update(verified=True)
    running.run()
    assert len(server.messages) == 1


# ---- mail fails


def try_waiting(running):
    """The mail server is back, and somebody presses “Try waiting ones now”."""
    with running.run_on_commit(execute=True):
        Email.objects.hurry_all(timezone.now())


@pytest.mark.slow
def test_after_an_outage_of_mail_only_the_latest_word_arrives(running, server):
    server.answers["carol@acme.test"] = ["451 4.3.0 Not now"] * 100
    for outcome in "died", "failed":
        attempt(outcome)
        running.run(5)
    kill_exports(running, 5)
    assert not server.messages
    assert Email.objects.count() >= 3
    server.answers.clear()
    try_waiting(running)
    (message,) = server.messages
    assert message["Subject"].startswith("Critical: 1 new alert, ")
    assert set(Email.objects.values_list("status", flat=True)) == {"done", "cancelled"}


def test_what_was_over_before_the_mail_server_came_back_is_told_once_as_over(running, server):
    server.answers["carol@acme.test"] = ["451 4.3.0 Not now"] * 100
    kill_exports(running)
    running.start("exports")
    running.run(5)
    server.answers.clear()
    try_waiting(running)
    assert [subject.partition(":")[0] for subject in subjects(server)] == ["Well again"]


def test_news_of_yesterday_is_dropped(running, server):
    server.answers["carol@acme.test"] = ["451 4.3.0 Not now"] * 100
    kill_exports(running)
    running.start("exports")
    running.run(5)
    server.answers.clear()
    running.clock.shift(timedelta(days=1))
    try_waiting(running)
    assert not server.messages


def test_a_death_is_told_however_late_it_can_be(running, server):
    server.answers["carol@acme.test"] = ["451 4.3.0 Not now"] * 100
    attempt("died")
    running.run()
    running.clock.shift(timedelta(hours=1))
    running.run(2)
    assert Alert.objects.get(key__startswith="died").ended_at
    server.answers.clear()
    try_waiting(running)
    assert "A worker died" in subjects(server)[0]


def test_when_the_message_does_not_leave_health_says_so(running, server, settings):

    settings.ALERT_WEBHOOK_URL = ""
    server.answers["carol@acme.test"] = ["451 4.3.0 Not now"] * 100
    assert str(alerts.alerts(timezone.now())[0]) == "ok"
    kill_exports(running)
    verdict, words, _, _ = alerts.alerts(timezone.now())
    assert (str(verdict), words) == ("warning", "1 alert is open.")
    running.run(11)
    verdict, words, _, detail = alerts.alerts(timezone.now())
    assert str(verdict) == "warning"
    assert "do not leave" in words
    assert detail["open"] == detail["critical"] == 1
    server.answers.clear()
    try_waiting(running)
    assert alerts.alerts(timezone.now())[1] == "1 alert is open."


def test_when_nobody_can_be_told_health_says_so(running, operator, settings):

    settings.ALERT_WEBHOOK_URL = ""
    operator.emailaddress_set.update(verified=False)
    kill_exports(running)
    verdict, words, remedy, _ = alerts.alerts(timezone.now())
    assert str(verdict) == "warning"
    assert "nobody to tell" in words
    assert "ALERT_WEBHOOK_URL" in remedy
    assert not Alert.objects.filter(key="alerts").exists()  # of that nobody could be told either


# ---- muting


def test_what_is_muted_is_not_told_nor_its_end_nor_its_coming_back(running, server):
    kill_exports(running)
    Alert.objects.get().mute(timezone.now() + timedelta(hours=1))
    running.start("exports")
    running.run(5)
    assert Alert.objects.get().ended_at
    kill_exports(running, 5)
    assert len(server.messages) == 1
    running.clock.shift(timedelta(hours=1))
    running.run(2)
    assert len(server.messages) == 2  # the hour is over, and it is still there


@pytest.mark.slow
def test_a_mute_outlives_a_long_quiet(running, server):
    kill_exports(running)
    Alert.objects.get().mute(timezone.now() + timedelta(days=7))
    running.start("exports")
    running.run(5)
    running.clock.shift(timedelta(days=1))
    kill_exports(running, 5)
    assert Alert.objects.count() == 2
    assert len(server.messages) == 1


# ---- the other consumer's messages


@pytest.mark.parametrize("dead", ["emails", "exports"])
def test_what_a_dead_consumer_does_not_send_the_other_one_sends(running, server, webhook, dead):
    running.run()
    running.kill(dead)
    running.run(2)
    by_mail, by_webhook = (0, 1) if dead == "emails" else (1, 0)
    assert (len(server.messages), len(webhook.posts)) == (by_mail, by_webhook)
    running.run(3)
    assert (len(server.messages), len(webhook.posts)) == (1, 1)
    assert f"The consumer of {dead}" in subjects(server)[0]


def test_what_is_put_off_waits_for_its_time(running, server, webhook):
    """The mail server says: later. That the other consumer asks at once would not help."""
    server.answers["carol@acme.test"] = ["451 4.3.0 Not now"]
    attempt("died")
    running.run()
    assert [email.run_after > timezone.now() for email in Email.objects.all()] == [True]
    assert not left_lying("exports", timezone.now())
    assert left_lying("exports", timezone.now() + timedelta(hours=1))
    assert not left_lying("emails", timezone.now() + timedelta(hours=1))  # its own
