"""Counts rows as long as somebody may be kept waiting."""

from orgs.time_limit import TookTooLong, time_limit


def count_within(seconds, queryset):
    """How many rows `queryset` has, or None where the database needs longer."""
    try:
        with time_limit(seconds, using=queryset.db):
            return queryset.order_by().count()
    except TookTooLong:
        return None
