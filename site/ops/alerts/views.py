"""The page of alerts: what is open, what was, who is told; muting, and a test of the ways."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from mail import outbox, preferences, transport
from ops import mail
from ops.access import staff_only
from ops.alerts import telling
from ops.models import Alert, Webhook
from orgs.models import AuditEntry

#: Alerts on a page of the history.
PAGE = 50
#: Hours for which an alert can be muted.
MUTES = {1: _("1 hour"), 24: _("1 day"), 168: _("1 week")}


@staff_only
@require_safe
def alert_list(request):
    now = timezone.now()
    over = Alert.objects.exclude(ended_at=None).order_by("-pk")
    if before := request.GET.get("before"):
        over = over.filter(pk__lt=_number(before))
    page = list(over[: PAGE + 1])
    open_ = [(alert, alert.is_muted(now)) for alert in Alert.objects.open().raised().order_by("-raised_at", "-pk")]
    context = {
        "open": sorted(open_, key=lambda row: (row[1], row[0].severity != "critical")),
        "history": page[:PAGE],
        "older": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_first_page": not before,
        "mutes": MUTES,
        "people": telling.people(),
        "wants_e_mails": preferences.wants(request.user, mail.ALERTS),
        "mail_is_configured": transport.is_configured(),
        "webhook_host": urlsplit(settings.ALERT_WEBHOOK_URL).hostname,  # the rest of it may be a secret
        "posted": Webhook.objects.order_by("-created_at", "-pk").first(),
    }
    return render(request, "ops/alert_list.html", context)


def _number(text):
    if not text.isdecimal() or len(text) > 18:
        raise BadRequest(gettext("before is not the number of an alert. Start again at the first page."))
    return int(text)


@staff_only
@require_POST
def mute_alert(request, alert_id):
    alert = get_object_or_404(Alert.objects.open(), pk=alert_id)
    hours = request.POST.get("hours", "")
    if hours not in map(str, MUTES):
        raise BadRequest(gettext("hours has to be one of %(hours)s.") % {"hours": ", ".join(map(str, MUTES))})
    until = timezone.now() + timedelta(hours=int(hours))
    with transaction.atomic():
        alert.mute(until)
        AuditEntry.note(request.user, "muted", f"alert:{alert.key}", until=until.isoformat())
    words = gettext("Nobody is told of it for %(time)s: %(alert)s")
    messages.success(request, words % {"time": MUTES[int(hours)], "alert": alert.words})
    return redirect("alert_list")


@staff_only
@require_POST
def unmute_alert(request, alert_id):
    alert = get_object_or_404(Alert.objects.open(), pk=alert_id)
    with transaction.atomic():
        alert.unmute()
        AuditEntry.note(request.user, "unmuted", f"alert:{alert.key}")
    messages.success(request, gettext("It is told again: %(alert)s") % {"alert": alert.words})
    return redirect("alert_list")


@staff_only
@require_POST
def test_alerts(request):
    """Sends a test to whoever asks for it, and to the webhook, past all alerts."""
    user, ways = request.user, []
    by_mail, by_webhook = preferences.wants(request.user, mail.ALERTS), bool(settings.ALERT_WEBHOOK_URL)
    with transaction.atomic():
        if by_mail:
            subject, text, html = mail.alert_test(user)
            key = f"alerts:test:{uuid.uuid4().hex}:user:{user.pk}"
            outbox.post(mail.ALERTS, key, to=user.email, user=user, subject=subject, text=text, html=html)
            ways.append(f"by e-mail to {user.email}")
        if by_webhook:
            Webhook.objects.create(payload=telling.test_payload())
            ways.append("to the webhook")
        if ways:
            AuditEntry.note(user, "tested", "alerts", ways=ways)
    if not ways:
        words = gettext("It has no way to go: you have switched these e-mails off, and no webhook is set.")
        messages.error(request, words)
        return redirect("alert_list")
    if by_mail and by_webhook:
        words = gettext("A test alert is on its way by e-mail to %(address)s and to the webhook.")
    elif by_mail:
        words = gettext("A test alert is on its way by e-mail to %(address)s.")
    else:
        words = gettext("A test alert is on its way to the webhook.")
    messages.success(request, words % {"address": user.email})
    return redirect("alert_list")
