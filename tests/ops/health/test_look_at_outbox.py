"""The outbox: no mail server, one out of reach, and e-mails that wait for a decision."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Outcome
from mail.models import Email
from ops.health import Verdict
from tests.mail.letters import write
from tests.ops.builders import make_attempt
from tests.ops.health.looking import attempt, look

pytestmark = pytest.mark.django_db


def test_e_mails_without_a_mail_server(settings):
    settings.EMAIL_TRANSPORT = ""
    assert look("outbox").verdict == Verdict.OK
    write()
    part = look("outbox")
    assert (part.verdict, part.words) == (Verdict.WARNING, "1 e-mail waiting: no mail server is set.")


def test_a_server_out_of_reach():
    Email.objects.filter(pk=write().pk).update(attempt=3)
    words = "mail.example:587 refused the user name or the password of EMAIL_URL: 535 5.7.8"
    attempt(Outcome.DONE, ago=timedelta(hours=1))
    attempt(Outcome.RETRIED, words, ago=timedelta(minutes=9))
    attempt(Outcome.RETRIED, words, ago=timedelta(minutes=8))
    assert look("outbox").verdict == Verdict.WARNING
    attempt(Outcome.RETRIED, words, ago=timedelta(minutes=1))
    make_attempt(Outcome.DONE, kind="jobs.scheduledrun", ago=timedelta(0))
    part = look("outbox")
    assert (part.verdict, part.words) == (
        Verdict.RED,
        f"No e-mail has left for 9 minutes, with 1 e-mail waiting: {words}",
    )
    assert part.detail["deferred"] == 1
    attempt(Outcome.DONE)
    assert look("outbox").verdict == Verdict.OK


def test_a_server_that_answers_is_within_reach():
    Email.objects.filter(pk=write().pk).update(attempt=3)
    for minutes in range(30, 0, -10):
        attempt(Outcome.RETRIED, "451 4.7.1 Greylisted, try again later", ago=timedelta(minutes=minutes))
    assert look("outbox").verdict == Verdict.OK


def test_e_mails_that_wait_for_a_decision():
    email = write()
    Email.objects.update(status="failed", finished_at=timezone.now())
    assert look("outbox").words.startswith("To decide: 1 e-mail failed within a day")
    assert look("outbox").verdict == Verdict.WARNING
    Email.objects.update(finished_at=timezone.now() - timedelta(days=3))
    assert look("outbox").verdict == Verdict.OK
    Email.objects.filter(pk=email.pk).update(status="uncertain")
    assert look("outbox").verdict == Verdict.WARNING
