"""E-mails for the tests, and what the worker does with one."""

import itertools

from jobs.runner import run
from mail.models import Email
from mail.outbox import post
from tests.kinds.mail import LETTER

_numbers = itertools.count(1)


def write(kind=LETTER, to="carol@acme.test", **fields):
    """An e-mail in the outbox, with what it needs."""
    fields = {"subject": "Hello", "text": "How are you?", **fields}
    return post(kind, fields.pop("key", f"letter:{next(_numbers)}"), to=to, **fields)


def send(email):
    """What a worker does when it is rung for the e-mail, were it due. Returns it as it is afterwards."""
    Email.objects.filter(pk=email.pk, status="pending").update(run_after=email.created_at)
    run(Email, email.pk)
    email.refresh_from_db()
    return email


def history(email):
    """How its attempts ended."""
    return [attempt.outcome for attempt in email.attempts]
