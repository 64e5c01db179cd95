"""Django's own mail functions, and whatever uses them, write to the outbox."""

import uuid
from email.utils import parseaddr

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from mail import outbox
from mail.kinds import ACCOUNT


class OutboxBackend(BaseEmailBackend):
    """Makes an `Email` of each message and recipient: durable, and never SMTP in a request.

    Text, one HTML alternative and headers are carried. Raises ValueError for attachments and other alternatives, which
    the outbox does not carry.
    """

    def send_messages(self, email_messages):
        with transaction.atomic():
            for message in email_messages:
                self._post(message)
        return len(email_messages)

    def _post(self, message):
        bodies = _bodies(message)
        headers = _headers(message)
        key = f"django:{uuid.uuid4().hex}"
        for number, recipient in enumerate(message.recipients()):
            outbox.post(
                ACCOUNT,
                f"{key}:{number}",
                to=_address(recipient),
                subject=str(message.subject),
                headers=headers,
                **bodies,
            )


def _bodies(message):
    if message.attachments:
        raise ValueError("The outbox carries no attachments: link to the file instead.")
    alternatives = list(getattr(message, "alternatives", ()))
    body = str(message.body)
    if message.content_subtype == "html" and not alternatives:
        return {"text": "", "html": body}
    if message.content_subtype != "plain" or [kind for _, kind in alternatives] not in ([], ["text/html"]):
        raise ValueError("The outbox carries a text and an HTML alternative, nothing else.")
    return {"text": body, "html": alternatives[0].content if alternatives else ""}


def _headers(message):
    """What the recipients are to see of each other and of the sender; each gets a message of their own."""
    headers = {name: str(value) for name, value in message.extra_headers.items()}
    if message.from_email != settings.DEFAULT_FROM_EMAIL:
        headers.setdefault("From", message.from_email)
    for name, addresses in (("To", message.to), ("Cc", message.cc), ("Reply-To", message.reply_to)):
        if addresses:
            headers.setdefault(name, ", ".join(map(str, addresses)))
    return headers


def _address(recipient):
    return parseaddr(str(recipient))[1] or str(recipient)
