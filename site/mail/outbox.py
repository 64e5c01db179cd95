"""Writing e-mails: a row each, in the transaction of what causes it. The `emails` queue sends them.

    post(ARTICLE_PUBLISHED, f"article:{article.pk}:published:user:{user.pk}", to=user.email, user=user,
         subject=subject, text=text, html=html)

The key says what the message is about: a second one with the same key is not written.
"""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from mail.kinds import Kind
from mail.models import Email

#: Rows that are looked for, and inserted, in one statement.
BATCH = 500
#: What a header cannot hold: line breaks of every sort, and what steers a terminal.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")


def post(kind: Kind, key: str, *, to: str, subject: str, text: str, html="", user=None, headers=None) -> Email:
    """Write an e-mail, unless there is one with this key. Safe within atomic(). Returns the new or the earlier one.

    Arguments: `key`, at most 200 characters; `to`, an address; `user`, the recipient where it is one of ours, who may
    then unsubscribe; `headers`, further ones by name. Raises ValueError for an address that is none, and for line
    breaks in the subject or a header.
    """
    email = draft(kind, key, to=to, subject=subject, text=text, html=html, user=user, headers=headers)
    written = post_many([email])
    return written[0] if written else Email.objects.get(key=key)


def draft(kind: Kind, key: str, *, to: str, subject: str, text: str, html="", user=None, headers=None) -> Email:
    """The unsaved e-mail that `post` would write, for `post_many`."""
    if len(key) > 200:
        raise ValueError(f"The key {key!r} is longer than 200 characters.")
    try:
        validate_email(to)
    except ValidationError as error:
        raise ValueError(f"Not an e-mail address: {to!r}") from error
    headers = {name: str(value) for name, value in (headers or {}).items()}
    for name, value in {"Subject": subject, **headers}.items():
        if not HEADER_NAME.fullmatch(name) or CONTROL.search(value):
            raise ValueError(f"The header {name!r} cannot hold line breaks or control characters: {value!r}")
    return Email(
        key=key,
        kind=kind.name,
        message_id=message_id(key),
        user=user,
        recipient=to,
        subject=subject,
        text=text,
        html=html,
        headers=headers,
    )


def post_many(drafts: Iterable[Email]) -> list[Email]:
    """Write those of the drafts whose keys are new, in one transaction. Returns what was written."""
    drafts = list({email.key: email for email in drafts}.values())
    written = []
    with transaction.atomic():
        for start in range(0, len(drafts), BATCH):
            batch = drafts[start : start + BATCH]
            keys = [email.key for email in batch]
            known = set(Email.objects.filter(key__in=keys).values_list("key", flat=True))
            new = [email for email in batch if email.key not in known]
            Email.objects.bulk_create(new, ignore_conflicts=True)
            # Those of a second writer at the same moment are among them: ringing twice for a job does no harm.
            written += Email.objects.filter(key__in=[email.key for email in new])
        for email in written:
            email.ring()
    return written


def message_id(key: str) -> str:
    """The Message-ID (RFC 5322, 3.6.4) that belongs to a key: the same whenever it is asked for."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{host}>"
