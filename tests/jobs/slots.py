"""Moments, and the slots that were opened at them."""

from datetime import UTC, datetime, timedelta

from jobs.models import ScheduledRun

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def minutes(number):
    """The moment so many minutes after noon."""
    return NOON + timedelta(minutes=number)


def slots(name):
    """The slots that a schedule has had runs for, in their order."""
    return list(ScheduledRun.objects.filter(schedule__name=name).order_by("slot").values_list("slot", flat=True))
