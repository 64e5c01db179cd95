"""How long what happened is kept: KEEP_HISTORY_DAYS, unless a kind of job needs its rows for longer, or not so long.

Each kind says what of it has expired (`JobQuerySet.expired`) and what goes with a row (`JobQuerySet.remove`). All is
deleted in short transactions, so that nobody waits for them.
"""

from django.db import transaction
from django.utils import timezone

from jobs.models import Attempt
from jobs.models.queryset import begin_of_history

#: Rows that are deleted in one transaction.
BATCH = 200
#: The least that KEEP_HISTORY_DAYS may be: some rows keep things of the last days from happening twice.
LEAST_DAYS = 7
#: The most: a century, for ever and yet a date.
MOST_DAYS = 36_500


def trim_jobs(kind, now=None):
    """Delete the jobs of a kind, and their attempts, that have expired at `now` (default: the time)."""
    now = now or timezone.now()
    for ids in kind.objects.expired(now).in_batches(BATCH):
        with transaction.atomic():
            Attempt.objects.filter(kind=kind._meta.label_lower, job_id__in=ids).delete()
            # Asked once more: a person may just have retried one.
            kind.objects.expired(now).filter(pk__in=ids).remove()


def trim_attempts(now=None):
    """Delete the attempts of long ago, also of jobs that are kept for ever."""
    old = Attempt.objects.filter(ended_at__lt=begin_of_history(now or timezone.now()))
    while ids := list(old.order_by("ended_at").values_list("pk", flat=True)[:BATCH]):
        Attempt.objects.filter(pk__in=ids).delete()
