"""The outbox: whether e-mails leave."""

import re
from datetime import timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from jobs import census
from jobs.census import ENOUGH
from jobs.models import Attempt, Outcome
from mail import transport
from mail.models import Email, EmailStatus
from ops.health.part import EMAILS, age, count, ok, red, warning

#: Attempts that are looked at, of whatever kind, the latest first.
LATEST = 500
#: For how long the mail server may be out of reach before that is trouble, and how often it has been tried by then.
OUT_OF_REACH, TRIES = timedelta(minutes=5), 3
#: How long a failed e-mail is told of.
LATELY = timedelta(days=1)
#: An answer of the server (RFC 5321, 4.2): it can be reached. Whatever else defers an e-mail says that it cannot.
ANSWER = re.compile(r"[245][0-9][0-9]\b")


def outbox(now):
    groups = {group.status: group.number for group in census.take([Email], now)}
    number = {status: groups.get(status, 0) for status in EmailStatus.values}
    waiting = number[EmailStatus.PENDING] + number[EmailStatus.RUNNING]
    deferred = number[EmailStatus.PENDING] and _count(EmailStatus.PENDING, attempt__gt=0)
    lately = number[EmailStatus.FAILED] and _count(EmailStatus.FAILED, finished_at__gt=now - LATELY)
    tries, since, error = _out_of_reach()
    detail = {
        "is_configured": transport.is_configured(),
        "waiting": waiting,
        "deferred": deferred,
        "failed": number[EmailStatus.FAILED],
        "failed_lately": lately,
        "uncertain": number[EmailStatus.UNCERTAIN],
        "out_of_reach_since": since and since.isoformat(),
        "error": error,
    }
    mails = count(waiting, EMAILS, ENOUGH)
    if not transport.is_configured():
        if not waiting:
            return ok(_("No mail server is set, and no e-mail waits for one."), **detail)
        return warning(
            _("%(mails)s waiting: no mail server is set.") % {"mails": mails},
            _("Set EMAIL_URL and restart Roost."),
            **detail,
        )
    if since and waiting:
        words = _("No e-mail has left for %(age)s, with %(mails)s waiting: %(error)s") % {
            "age": age(since, now),
            "mails": mails,
            "error": error,
        }
        verdict = red if tries >= TRIES and now - since > OUT_OF_REACH else warning
        return verdict(
            words, _("Mend the mail server or EMAIL_URL, then press “Try waiting ones now” in the outbox."), **detail
        )
    if number[EmailStatus.UNCERTAIN] or lately:
        failed, unknown = count(lately, EMAILS), count(number[EmailStatus.UNCERTAIN], EMAILS, ENOUGH)
        words = _(
            "To decide: %(failed)s failed within a day, %(unknown)s of which nobody knows whether it arrived."
        ) % {"failed": failed, "unknown": unknown}
        return warning(words, _("Decide in the outbox: send again, or drop it."), **detail)
    if waiting:
        return ok(_("E-mails leave, with %(mails)s waiting.") % {"mails": mails}, **detail)
    return ok(_("No e-mail waits."), **detail)


def _count(status, **conditions):
    """How many of the oldest ENOUGH in a status there are for which the conditions hold."""
    oldest = Email.objects.not_done().filter(status=status).order_by("created_at", "pk")[:ENOUGH]
    return oldest.aggregate(number=Count("pk", filter=Q(**conditions)))["number"]


def _out_of_reach():
    """How often in a row the mail server could not be reached, since when, and what is wrong with it: (number,
    datetime or None, words)."""
    latest = Attempt.objects.order_by("-ended_at").values_list("kind", "outcome", "error", "ended_at")[:LATEST]
    tries, since, words = 0, None, ""
    for kind, outcome, error, ended_at in latest:
        if kind != Email._meta.label_lower or outcome not in (Outcome.DONE, Outcome.RETRIED, Outcome.FAILED):
            continue
        if outcome == Outcome.DONE or ANSWER.match(error):
            break
        tries, since, words = tries + 1, ended_at, words or error
    return tries, since, words
