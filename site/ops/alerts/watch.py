"""The look that each consumer takes each minute: see `ops.alerts`."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from mail.models import Email
from ops.alerts.conditions import conditions
from ops.alerts.telling import tell
from ops.mail import ALERTS
from ops.models import Alert, Webhook

#: How long the other consumer may leave a message of ours lying: at the next look it is sent from here.
PATIENCE = timedelta(seconds=30)
#: What has been lying for longer than this is no news any more.
FORGOTTEN = timedelta(days=1)


def watch(now=None):
    """Look, and tell. `now`: an aware datetime (default: the time)."""
    now = now or timezone.now()
    look(now)
    tell(now)


def look(now):
    """Bring the alerts in line with what is wrong at `now`."""
    open_keys = set(Alert.objects.open().values_list("key", flat=True))
    found = {condition.key: condition for condition in conditions(now, open_keys)}
    if not found and not open_keys:
        return  # as it mostly is: nothing is written
    with transaction.atomic():
        Alert.objects.lock(now)
        for alert in Alert.objects.open().order_by("pk"):
            condition = found.pop(alert.key, None)
            if alert.last_seen > now:  # the other consumer looked later, and was quicker
                continue
            if condition:
                alert.renew(condition, now)
            else:
                alert.calm_down(now)
        for key in sorted(found):  # as two who insert the same keys must
            Alert.objects.begin(found[key], now)


def left_lying(queue: str, now) -> list:
    """The messages of ours that the consumer of the other queue should have taken and has not: the jobs."""
    kinds = {"emails": Email.objects.filter(kind=ALERTS.name), "exports": Webhook.objects.all()}
    late = [
        jobs.due(now - PATIENCE).filter(created_at__gt=now - FORGOTTEN).only("pk")
        for name, jobs in kinds.items()
        if name != queue
    ]
    return [job for jobs in late for job in jobs]
