from django.db import connections, models, router
from django.utils import timezone

from jobs import worker
from jobs.models import statements
from jobs.models.pause import QueuePause
from jobs.models.status import UNFINISHED, Status


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
        connection = connections[router.db_for_write(self.model)]
        now = timezone.now()
        field = self.model._meta.get_field("run_after")
        at, until = (field.get_db_prep_value(t, connection) for t in (now, now + self.model.lease))
        table, pauses = (connection.ops.quote_name(model._meta.db_table) for model in (self.model, QueuePause))
        claim = (
            f"UPDATE {table} "  # noqa: S608
            "SET status = %s, attempt = attempt + 1, worker = %s, lease_until = %s, started_at = %s, "
            "finished_at = NULL, progress = 0, error = '' WHERE id = %s AND status = %s AND run_after <= %s "
            f"AND NOT EXISTS (SELECT 1 FROM {pauses} WHERE queue = %s)"
        )
        values = [Status.RUNNING, worker.identity(), until, at, pk, Status.PENDING, at, self.model.queue]
        job = statements.changed(self.model, claim, values)
        if job is not None:
            job._start_clock()
        return job
