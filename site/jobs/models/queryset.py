from datetime import timedelta
from functools import cache

from django.conf import settings
from django.db import connections, models, router, transaction
from django.utils import timezone

from jobs import worker
from jobs.models import statements
from jobs.models.ending import Ending
from jobs.models.pause import QueuePause
from jobs.models.status import UNFINISHED, Status


def begin_of_history(now):
    """What ended before that is kept no longer at `now` (an aware datetime), unless a kind of job says otherwise."""
    return now - timedelta(days=settings.KEEP_HISTORY_DAYS)


def _after(created_at, pk):
    # The index gives the moment; the second term only tells those of one moment apart.
    return models.Q(created_at__gte=created_at) & ~models.Q(created_at=created_at, pk__lte=pk)


@cache
def _claim(model, using):
    table, pauses = (statements.table(each, using) for each in (model, QueuePause))
    return (
        f"UPDATE {table} "  # noqa: S608 (quoted names of our tables; values are parameters)
        "SET status = %s, attempt = attempt + 1, worker = %s, lease_until = %s, started_at = %s, "
        "finished_at = NULL, progress = 0, error = '' WHERE id = %s AND status = %s AND run_after <= %s "
        f"AND NOT EXISTS (SELECT 1 FROM {pauses} WHERE queue = %s)"
    )


class JobQuerySet(models.QuerySet):
    def not_done(self):
        """All but those that are done, in the very words of their index: SQLite uses a partial index only where the
        condition of the query has that of the index as one of its terms (https://sqlite.org/partialindex.html)."""
        return self.exclude(status=Status.DONE)

    def unfinished(self):
        return self.not_done().filter(status__in=UNFINISHED)

    def running(self):
        return self.not_done().filter(status=Status.RUNNING)

    def due(self, now=None):
        """Those that a worker may claim at `now` (an aware datetime)."""
        return self.not_done().filter(status=Status.PENDING, run_after__lte=now or timezone.now())

    def in_trouble(self):
        """Those that a person should look at."""
        return self.not_done().filter(status__in=self.model.trouble)

    def retry_all(self) -> int:
        """Run all of these again that are `restartable`, as `Job.retry` does. Returns how many. One transaction holds
        all of them: pass a few hundred at most."""
        now = timezone.now()
        columns = {"status": Status.PENDING, "run_after": now, "finished_at": None}
        count = self._change(self.model.restartable, restarted_after=models.F("attempt"), **columns)
        self.ring_due(now)
        return count

    def discard_all(self) -> int:
        """Nobody shall look at those in `trouble` among these any more, as with `Job.discard`. Returns how many. One
        transaction holds all of them: pass a few hundred at most."""
        return self._change(self.model.trouble, status=Status.CANCELLED)

    def hurry_all(self, moment) -> int:
        """Run those of these at once that wait for something later than the `moment` (an aware datetime, not in the
        future), such as another attempt. Returns how many. One transaction holds all of them: pass a few hundred at
        most."""
        count = self.filter(run_after__gt=moment)._change([Status.PENDING], run_after=moment)
        self.ring_due(timezone.now())
        return count

    def _change(self, statuses, **columns):
        """Give those in one of the `statuses` other values in some columns, and tell who follows them."""
        jobs = self.filter(status__in=statuses)
        if self.model.tell_change is Ending.tell_change:  # nobody follows this kind
            return jobs.update(**columns)
        rows = self.model._base_manager
        with transaction.atomic():
            locked = rows.filter(pk__in=jobs.order_by().values("pk"), status__in=statuses).select_for_update(
                no_key=True
            )
            keys = list(locked.values_list("pk", flat=True))
            count = rows.filter(pk__in=keys).update(**columns)
            for job in rows.filter(pk__in=keys):
                job._carry_out(job.tell_change)
        return count

    def ring_due(self, now):
        """Ring, once the transaction is committed, for what is due at `now` and has not been rung. Where that is very
        much, each minute's sweep rings for more."""
        from jobs.sweep import ring_missing

        def ring():  # no partial: it has no name, and Django wants one to log that it failed
            ring_missing(self.model.queue, now)

        transaction.on_commit(ring, using=self.db, robust=True)

    def ended_before(self, moment):
        """Those that ended, in whatever way, before the `moment` (an aware datetime)."""
        # None ends before it is made, and for that there is an index. What goes on has no `finished_at`.
        return self.filter(created_at__lt=moment, finished_at__lt=moment)

    def expired(self, now):
        """Those that are not kept any longer at `now` (an aware datetime). A kind that needs its rows says so here."""
        return self.ended_before(begin_of_history(now))

    def remove(self):
        """Delete the rows, of which there should be few, and what belongs to them. Within a transaction."""
        self.delete()

    def in_batches(self, size):
        """Yield the ids of the jobs, oldest first, `size` at a time. Each batch is read when one is done with the one
        before: what becomes of its jobs may be that they are none of these any more."""
        jobs, last = self.order_by("created_at", "pk").values_list("created_at", "pk"), None
        while batch := list((jobs.filter(_after(*last)) if last else jobs)[:size]):
            yield [pk for _, pk in batch]
            last = batch[-1]

    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        for job in objs:
            job.follow_request()
        jobs = super().bulk_create(objs, *args, **kwargs)
        for job in jobs:
            if job.pk and job.status == Status.PENDING:
                job.ring()
        return jobs

    def claim(self, pk):
        """Take the job if it is pending, due, and its queue not paused: returns it running, or None."""
        if self.model.is_held():
            return None
        using = router.db_for_write(self.model)
        now = timezone.now()
        field = self.model._meta.get_field("run_after")
        at, until = (field.get_db_prep_value(t, connections[using]) for t in (now, now + self.model.lease))
        values = [Status.RUNNING, worker.identity(), until, at, pk, Status.PENDING, at, self.model.queue]
        job = statements.changed(self.model, _claim(self.model, using), values)
        if job is not None:
            job._start_clock()
        return job
