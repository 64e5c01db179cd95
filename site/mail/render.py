"""E-mails from templates: `<app>/templates/<app>/mail/<name>.txt`, whose first line is `Subject: …`, and `<name>.html`,
which extends `mail/base.html`."""

import re

from django.conf import settings
from django.template import Context
from django.template.loader import get_template

from mail import unsubscribe
from mail.outbox import CONTROL

PREFIX = "Subject: "


def render(template: str, context: dict) -> tuple[str, str, str]:
    """Returns the subject, the text and the HTML of an e-mail.

    Arguments: `template`, the two files' common name, such as "articles/mail/published"; `context`, which with `user`
    and `kind` (a Kind) gives the footer its link for unsubscribing. In both templates `public_url` is the address of
    this Roost: `{{ public_url }}{% url … %}` is a link that works in a mail program.
    """
    context = {**context, "public_url": settings.PUBLIC_URL, "unsubscribe_url": _unsubscribe_url(context)}
    subject, text = _text(template, context)
    html = get_template(f"{template}.html").render({**context, "subject": subject})
    return subject, text, html


def _text(template, context):
    first, _, body = _plain(f"{template}.txt", context).lstrip().partition("\n")
    if not first.startswith(PREFIX):
        raise ValueError(f"{template}.txt does not begin with “{PREFIX}”.")
    # What a writer put into a title cannot end the header, nor steer a terminal that shows it.
    subject = " ".join(CONTROL.sub(" ", first.removeprefix(PREFIX)).split())
    body = re.sub(r"\n{3,}", "\n\n", body).strip()
    return subject, f"{body}\n\n{_plain('mail/footer.txt', context).strip()}\n"


def _plain(name, context):
    """A text template: nothing is escaped in it, for nothing in it is markup."""
    return get_template(name).template.render(Context(context, autoescape=False))


def _unsubscribe_url(context):
    user, kind = context.get("user"), context.get("kind")
    return unsubscribe.link(user.pk, kind) if user and kind and kind.optional else ""
