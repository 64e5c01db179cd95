"""The alerts themselves: whether there are any, and whether they reach anybody."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ops.alerts import telling
from ops.health.part import ok, warning
from ops.models import Alert, Severity

#: How long a message may take to leave.
SLOW = timedelta(minutes=10)


def alerts(now):
    pressing = list(Alert.objects.pressing(now))
    told_at = max((alert.told_at for alert in pressing if alert.told_at), default=None)
    detail = {
        "open": len(pressing),
        "critical": sum(alert.severity == Severity.CRITICAL for alert in pressing),
        "told_at": told_at and told_at.isoformat(),
    }
    if not pressing:
        return ok(_("No alert is open."), **detail)
    number = {"count": len(pressing)}
    if not settings.ALERT_WEBHOOK_URL and not telling.people().exists():
        remedy = _(
            "Set ALERT_WEBHOOK_URL, or let somebody who operates Roost confirm an address and want these e-mails."
        )
        words = ngettext(
            "%(count)d alert is open, and there is nobody to tell.",
            "%(count)d alerts are open, and there is nobody to tell.",
            len(pressing),
        )
        return warning(words % number, remedy, **detail)
    since = min(alert.raised_at for alert in pressing)
    if told_at and not telling.has_arrived(told_at) and telling.is_held_up(since, now - SLOW):
        remedy = _("Look into the outbox, and at the webhook on the page of alerts.")
        words = ngettext(
            "%(count)d alert is open, and the messages that tell of it do not leave.",
            "%(count)d alerts are open, and the messages that tell of it do not leave.",
            len(pressing),
        )
        return warning(words % number, remedy, **detail)
    words = ngettext("%(count)d alert is open.", "%(count)d alerts are open.", len(pressing))
    return warning(words % number, _("See the page of alerts."), **detail)
