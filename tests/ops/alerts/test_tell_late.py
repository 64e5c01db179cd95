"""Alerts that mail cannot take at once: what is told once it can, and what the other consumer sends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mail.models import Email
from ops.alerts.watch import left_lying
from ops.health import alerts
from ops.models import Alert
from tests.ops.alerts.messages import attempt, kill_exports, subjects

# Carol is told, and the webhook.
pytestmark = pytest.mark.usefixtures("operator", "server", "webhook", "running")

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
