"""E-mails of long ago are deleted where no second one with the same key can come; all others are kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.mail import ARTICLE_PUBLISHED
from exports.mail import EXPORT_READY
from jobs.models import Attempt
from jobs.schedules import registry
from mail.kinds import ACCOUNT, RETIRED
from mail.models import Email, EmailStatus
from orgs.mail import TASKS_DUE
from tests.mail.letters import send, write

pytestmark = pytest.mark.django_db


def trim(days=91, **columns):
    then = timezone.now() - timedelta(days=days)
    Email.objects.update(**{"created_at": then, "finished_at": then, "status": EmailStatus.DONE, **columns})
    registry["jobs.trim_history"].function()
    return [email.kind for email in Email.objects.order_by("pk")]


def test_it_works():
    for kind in (ACCOUNT, EXPORT_READY, TASKS_DUE, ARTICLE_PUBLISHED, RETIRED):
        write(kind)
    assert trim(days=89) == ["account", "export-ready", "tasks-due", "article-published", "retired"]
    assert trim() == ["article-published", "retired"]


@pytest.mark.parametrize("status", EmailStatus.values)
def test_however_they_ended(status):
    write(ACCOUNT)
    is_unfinished = status in ("pending", "running")
    assert trim(status=status, **({"finished_at": None} if is_unfinished else {})) == ["account"] * is_unfinished


def test_their_attempts_go_with_them(server):
    email = send(write(ACCOUNT))
    Attempt.objects.update(ended_at=timezone.now())  # a late one
    assert email.attempts.exists()
    assert trim() == []
    assert not Attempt.objects.exists()


def test_a_key_that_is_kept_keeps_a_second_one_away():
    write(ARTICLE_PUBLISHED, key="article:1:published:user:2")
    trim()
    write(ARTICLE_PUBLISHED, key="article:1:published:user:2")
    assert Email.objects.count() == 1
