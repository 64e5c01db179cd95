"""The alerts themselves: whether they reach anybody."""

from datetime import timedelta

from django.conf import settings

from ops.alerts import telling
from ops.health.part import count, ok, warning
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
        return ok("No alert is open.", **detail)
    words = f"{count(len(pressing), 'alert')} {'is' if len(pressing) == 1 else 'are'} open"
    if not settings.ALERT_WEBHOOK_URL and not telling.people().exists():
        remedy = "Set ALERT_WEBHOOK_URL, or let somebody who operates Roost confirm an address and want these e-mails."
        return warning(f"{words}, and there is nobody to tell.", remedy, **detail)
    since = min(alert.raised_at for alert in pressing)
    if told_at and not telling.has_arrived(told_at) and telling.is_held_up(since, now - SLOW):
        remedy = "Look into the outbox, and at the webhook on the page of alerts."
        return warning(f"{words}, and the messages that tell of it do not leave.", remedy, **detail)
    return ok(f"{words}; see the page of alerts.", **detail)
