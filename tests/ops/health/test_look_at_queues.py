"""Consumers and their queues: absent, silent, of another release; stuck, overrun, paused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.release import RELEASE
from jobs import worker
from jobs.models import ConsumerProcess, QueuePause, Status
from mail.models import Email
from ops.health import Verdict, queues
from tests.cast import make_user
from tests.kinds.models import Note
from tests.mail.letters import write
from tests.ops.health.looking import look

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(monkeypatch):
    """web(seconds): this process has served the web for so long."""

    def web(seconds):
        monkeypatch.setattr(queues, "serving_since", timezone.now() - timedelta(seconds=seconds))

    return web


# ---- consumers


def test_no_consumer(web):
    ConsumerProcess.objects.filter(queue="exports").delete()
    assert look("consumer:exports").verdict == Verdict.RED
    assert "run_huey --queue exports" in look("consumer:exports").remedy
    assert look("consumer:emails").verdict == Verdict.OK
    web(seconds=5)
    assert look("consumer:exports").verdict == Verdict.WARNING
    web(seconds=100)
    assert look("consumer:exports").verdict == Verdict.RED
    ConsumerProcess.objects.filter(queue="emails").update(started_at=timezone.now())
    assert look("consumer:exports").verdict == Verdict.WARNING


def test_a_silent_consumer(web):
    web(seconds=5)  # one that was there is no new one
    ConsumerProcess.objects.filter(queue="emails").update(seen_at=timezone.now() - timedelta(minutes=7))
    part = look("consumer:emails")
    assert (part.verdict, part.words) == (Verdict.RED, "The consumer of emails has been silent for 7 minutes.")


def test_a_consumer_that_has_just_died():
    mine = worker.identity()
    ConsumerProcess.objects.filter(queue="emails").update(identity=f"{mine}0")  # this pid, another start
    assert look("consumer:emails").verdict == Verdict.WARNING
    now = timezone.now()
    assert look("consumer:emails", now + timedelta(minutes=1)).verdict == Verdict.RED
    # As after a clock was set back: its last sign seems to come from the future.
    ConsumerProcess.objects.filter(queue="emails").update(identity=mine)
    assert look("consumer:emails", now - timedelta(days=1)).verdict == Verdict.OK


def test_a_consumer_of_another_release():
    ConsumerProcess.objects.filter(queue="exports").update(release="0.1+old")
    part = look("consumer:exports")
    assert part.verdict == Verdict.WARNING
    assert part.words == f"The consumer of exports runs release 0.1+old; this process runs {RELEASE}."


# ---- queues


def test_jobs_that_wait_their_turn():
    Note.objects.create()
    assert look("queue:emails").verdict == Verdict.OK
    assert look("queue:emails").detail["due"] == 1
    assert look("queue:exports").detail["due"] == 0


@pytest.mark.parametrize(
    ("minutes", "idle", "busy"), [(2, "warning", "warning"), (6, "red", "warning"), (61, "red", "red")]
)
def test_a_queue_that_is_stuck_or_overrun(minutes, idle, busy):
    Note.objects.create(run_after=timezone.now() - timedelta(minutes=minutes))
    assert look("queue:emails").verdict.value == idle
    Note.objects.bulk_create([Note(status=Status.RUNNING)])
    assert look("queue:emails").verdict.value == busy
    assert look("queue:emails").detail["running"] == 1


def test_what_is_not_due_or_waits_for_a_setting_does_not_count(settings):
    Note.objects.create(run_after=timezone.now() + timedelta(hours=1))
    settings.EMAIL_TRANSPORT = ""
    Email.objects.filter(pk=write().pk).update(run_after=timezone.now() - timedelta(days=3))
    assert (look("queue:emails").verdict, look("queue:emails").detail["due"]) == (Verdict.OK, 0)


def test_a_paused_queue():
    Note.objects.create(run_after=timezone.now() - timedelta(days=1))
    QueuePause.pause("emails", make_user("Alice"))
    part = look("queue:emails", timezone.now() + timedelta(hours=2))
    assert part.verdict == Verdict.WARNING
    assert part.words == "The queue emails has been paused by Alice for 2 hours, with 1 job due."
