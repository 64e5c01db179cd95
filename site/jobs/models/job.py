"""A durable job: the row is the truth, the queue only a doorbell.

    save ──► pending ──claim──► running ──finish──► done
                ▲                  ├────fail─────► failed
                └──defer, give back┤
                └──worker died─────┘       cancel: pending or running ──► cancelled

Every change of status is one conditional UPDATE; its row count says who won. `attempt` is the fencing token: it grows
with each claim, and only the holder of the current one may write to a running row (Kleppmann, "How to do distributed
locking", 2016).
"""

import logging
import random
import time
from datetime import timedelta

from django.db import connections, models, router, transaction
from django.db.utils import OperationalError
from django.utils import timezone
from django.utils.module_loading import import_string

from jobs import log, worker
from jobs.errors import Cancelled, Interrupted, LeaseLost, TimeLimitExceeded
from jobs.models import statements
from jobs.models.attempt import Attempt, Outcome

logger = logging.getLogger("jobs")

#: Seconds between two writes of a heartbeat, however often a job calls it: cancelling is noticed that soon.
HEARTBEAT_EVERY = 0.5


class Status(models.TextChoices):
    PENDING = "pending", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (Status.PENDING, Status.RUNNING)
#: How a job ends by itself, rather than by a person.
ENDED = (Status.DONE, Status.FAILED)


class JobQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(status__in=UNFINISHED)

    def due(self, now=None):
        """Those that a worker may claim at `now` (an aware datetime)."""
        return self.filter(status=Status.PENDING, run_after__lte=now or timezone.now())

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
        """Take the job if it is pending and due: returns it running, or None."""
        if self.model.is_held():
            return None
        connection = connections[router.db_for_write(self.model)]
        now = timezone.now()
        field = self.model._meta.get_field("run_after")
        at, until = (field.get_db_prep_value(t, connection) for t in (now, now + self.model.lease))
        claim = (
            f"UPDATE {connection.ops.quote_name(self.model._meta.db_table)} "  # noqa: S608
            "SET status = %s, attempt = attempt + 1, worker = %s, lease_until = %s, started_at = %s, "
            "finished_at = NULL, progress = 0, error = '' WHERE id = %s AND status = %s AND run_after <= %s"
        )
        values = [Status.RUNNING, worker.identity(), until, at, pk, Status.PENDING, at]
        job = statements.changed(self.model, claim, values)
        if job is not None:
            job._start_clock()
        return job


class Job(models.Model):
    """A kind of background work. A subclass adds its columns, names its doorbell and limits, and does `perform()`."""

    # ---- what a kind declares

    #: The name of its queue in `config.queues`.
    queue = ""
    #: The dotted name of the Huey function that runs it; it lives on that queue and takes the row's id.
    doorbell = ""
    #: Attempts that may end in a retryable error or a dead worker. A shutdown's interruption does not count.
    max_attempts = 5
    #: How long a worker may be silent before another takes the job over.
    lease = timedelta(seconds=30)
    #: How long an attempt may take; None for no limit.
    time_limit: timedelta | None = timedelta(minutes=10)
    #: What is worth another try. Anything else fails at once.
    retryable: tuple[type[Exception], ...] = (OperationalError, ConnectionError, TimeoutError)
    #: The wait before the second attempt; it doubles with each one, up to the cap.
    backoff = timedelta(seconds=5)
    backoff_cap = timedelta(hours=1)

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING, editable=False)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    run_after = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, editable=False)
    worker = models.CharField(max_length=200, blank=True, editable=False)
    progress = models.PositiveBigIntegerField(default=0, editable=False)
    total = models.PositiveBigIntegerField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    request_id = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            # Unfinished jobs are few among many: the sweep must not read the finished ones.
            models.Index(
                fields=["status", "run_after"],
                condition=models.Q(status__in=["pending", "running"]),
                name="%(class)s_unfinished",
            ),
        ]

    def __str__(self):
        return self.label

    @property
    def label(self):
        """How logs name it."""
        return f"{self._meta.label_lower}:{self.pk}"

    @property
    def attempts(self):
        return Attempt.objects.filter(kind=self._meta.label_lower, job_id=self.pk)

    @property
    def is_unfinished(self):
        return self.status in UNFINISHED

    # ---- making one

    def save(self, *args, **kwargs):
        """As Django's, but the columns of a job that exists must be named: to write all of them would undo what others
        did meanwhile, a cancellation above all."""
        new = self._state.adding
        if not new and kwargs.get("update_fields") is None:
            raise ValueError("Name the columns (update_fields), or return them from perform().")
        if new:
            self.follow_request()
        super().save(*args, **kwargs)
        if new and self.status == Status.PENDING:
            self.ring()

    def follow_request(self):
        """Take up the id of the request that causes the job; a job without one gets an id of its own."""
        self.request_id = self.request_id or log.request_id.get() or log.new_request_id()

    def ring(self):
        """Make a worker look at the row as soon as the transaction is committed, or when `run_after` comes.

        A lost ring costs a minute, never the job (see `jobs.sweep`): a queue that cannot be reached is only logged.
        """
        pk, run_after = self.pk, self.run_after

        def ring():  # no partial: it has no name, and Django wants one to log that it failed
            self._ring(pk, run_after)

        transaction.on_commit(ring, robust=True)

    @classmethod
    def _ring(cls, pk, run_after):
        if cls.is_held():
            return
        huey_function = import_string(cls.doorbell)
        limit = cls.time_limit and cls.time_limit.total_seconds()
        if run_after > timezone.now():
            huey_function.schedule((pk,), eta=run_after, timeout=limit)
        else:
            huey_function(pk, timeout=limit)

    @classmethod
    def is_held(cls) -> bool:
        """Whether all jobs of this kind wait, unrung and unclaimed, because a setting is missing. They go on when a
        consumer starts with it."""
        return False

    # ---- while it runs (called by the worker that holds the attempt)

    def perform(self) -> dict | None:
        """Do the work. Called with the row running; calls `heartbeat` at least once a lease.

        Returns: columns to write in the UPDATE that marks the job done, or None.
        Raises: JobFailed with words for a person; anything in `retryable`; any other exception is a defect.
        """
        raise NotImplementedError(f"{type(self).__name__} has no perform()")

    def heartbeat(self, progress: int | None = None, total: int | None = None):
        """Say that the job is alive and how far it is: extends the lease. Cheap: call it in every turn of a loop.

        Raises Cancelled, LeaseLost, Interrupted (let them pass) and TimeLimitExceeded.
        """
        now = time.monotonic()
        if progress is not None:
            self.progress = progress
        if total is not None and total != self.total:
            self.total = total
            self._next_heartbeat = now
        if shutdown.is_due:
            raise Interrupted
        if self._deadline is not None and now > self._deadline:
            raise TimeLimitExceeded(f"Stopped: it ran longer than its limit of {words(self.time_limit)}.")
        if now < self._next_heartbeat:
            return
        self._next_heartbeat = now + HEARTBEAT_EVERY
        self.lease_until = timezone.now() + self.lease
        columns = {"lease_until": self.lease_until, "progress": self.progress, "total": self.total}
        if not statements.update(type(self), columns, self._mine()).run():
            cancelled = type(self)._base_manager.filter(pk=self.pk, status=Status.CANCELLED).exists()
            raise Cancelled if cancelled else LeaseLost

    def ended(self):
        """Called within the transaction that makes the job done or failed (not cancelled), with the row as it then is:
        for rows that must come with the end, an e-mail say. Write them within atomic(): what it raises is logged, and
        does not keep the job from ending."""

    def finish(self, **columns):
        """Done, with `columns` written in the same UPDATE. Raises LeaseLost where the row is no longer ours."""
        self._end(Outcome.DONE, status=Status.DONE, progress=self.progress, **columns)

    def fail(self, error: str, traceback: str = ""):
        """Failed for good; `error` is for a person."""
        self._end(Outcome.FAILED, error, traceback, status=Status.FAILED, progress=self.progress)

    def defer(self, error: str, traceback: str = ""):
        """Try again later, or fail where the attempts are spent. Returns True where it will be tried again."""
        if self.attempts_left() <= 1:  # this one included
            self.fail(self._given_up(error), traceback)
            return False
        self._back_to_pending(Outcome.RETRIED, error, traceback, self.backoff_delay())
        return True

    def give_back(self):
        """Interrupted by a shutdown: the next worker may have it at once."""
        self._back_to_pending(Outcome.INTERRUPTED, "", "", timedelta(0))

    def release_dead(self, error: str):
        """Its worker is gone: back to pending at once, or failed where that has happened too often.

        Raises LeaseLost where the row has changed meanwhile.
        """
        if self.attempts_left() <= 1:
            self._end(Outcome.DIED, self._given_up(error), status=Status.FAILED)
        else:
            self._back_to_pending(Outcome.DIED, error, "", timedelta(0))

    def attempts_left(self) -> int:
        """How many attempts may still end badly, the running one included."""
        return self.max_attempts - self.attempts.filter(outcome__in=[Outcome.RETRIED, Outcome.DIED]).count()

    def backoff_delay(self) -> timedelta:
        """base·2^attempt, capped, and half of it random: jobs that failed together do not come back together."""
        delay = min(self.backoff * 2 ** min(self.attempt - 1, 30), self.backoff_cap)
        return delay * random.uniform(0.5, 1)  # noqa: S311 (spreads load, guards nothing)

    # ---- by people

    def cancel(self) -> bool:
        """Stop it before or while it runs: a worker notices at its next heartbeat. False where it had ended."""
        with transaction.atomic():
            rows = type(self)._base_manager.filter(pk=self.pk, status__in=UNFINISHED)
            job = rows.select_for_update().first()
            if job is not None and job.status == Status.RUNNING:
                job._end(Outcome.CANCELLED, status=Status.CANCELLED)
            else:
                rows.update(status=Status.CANCELLED, finished_at=timezone.now())
        self.refresh_from_db()
        return job is not None

    # ---- how

    def _start_clock(self):
        now = time.monotonic()
        self._next_heartbeat = now + HEARTBEAT_EVERY
        self._deadline = None if self.time_limit is None else now + self.time_limit.total_seconds()

    def _mine(self):
        """The row, as long as this attempt holds it."""
        return {"id": self.pk, "status": Status.RUNNING, "attempt": self.attempt}

    def _given_up(self, error):
        return f"{error} (given up after {self.max_attempts} attempt{'s' if self.max_attempts > 1 else ''})"

    def _back_to_pending(self, outcome, error, traceback, delay):
        self._end(outcome, error, traceback, status=Status.PENDING, run_after=timezone.now() + delay, finished_at=None)
        self.ring()

    def _end(self, outcome, error="", traceback="", **columns):
        """Leave `running`, with these columns, and write the attempt down. Raises LeaseLost where it ended before."""
        now, error = timezone.now(), storable(error)
        columns = {"lease_until": None, "finished_at": now, "error": error, **columns}
        end = statements.update(type(self), columns, self._mine())
        attempt = statements.insert(
            Attempt,
            {
                "kind": self._meta.label_lower,
                "job_id": self.pk,
                "number": self.attempt,
                "worker": self.worker,
                "outcome": outcome,
                "error": error,
                "traceback": storable(traceback),
                "started_at": self.started_at,
                "ended_at": now,
            },
        )
        with transaction.atomic():
            if not end.run():
                raise LeaseLost
            attempt.run()
            for name, value in columns.items():
                setattr(self, name, value)
            if self.status in ENDED:
                self._tell_of_end()

    def _tell_of_end(self):
        try:
            self.ended()
        except Exception:  # a job that cannot end would be taken for dead, and run again
            logger.exception("what should come with the end of %s did not", self.label)


class Shutdown:
    """Set once the consumer's grace is over; thread workers, which cannot be interrupted, see it at a heartbeat."""

    is_due = False


shutdown = Shutdown()


def storable(text: str) -> str:
    """`text` as every database takes it: PostgreSQL stores no NUL, and the name of a file may hold bytes that are none
    of UTF-8's."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()


def words(duration: timedelta) -> str:
    """`duration` for people: "90 s", "30 min"."""
    seconds = duration.total_seconds()
    return f"{seconds / 60:g} min" if seconds >= 120 else f"{seconds:g} s"
