"""What is told of alerts, and how often: by e-mail through a real mail server, and by webhook."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from mail.models import Email
from ops.alerts import telling
from ops.models import Alert, Webhook
from tests.ops.alerts.messages import attempt, kill_exports, subjects

# Carol is told, and the webhook.
pytestmark = pytest.mark.usefixtures("operator", "server", "webhook", "running")


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
