"""A durable job: the row is the truth, the queue only a doorbell.

    save ──► pending ──claim──► running ──finish──► done
                ▲                  ├────fail─────► failed
                └──defer, give back┤
                └──worker died─────┘       cancel: pending or running ──► cancelled

Every change of status is one conditional UPDATE; its row count says who won. `attempt` is the fencing token: it grows
with each claim, and only the holder of the current one may write to a running row (Kleppmann, "How to do distributed
locking", 2016).
"""

import time
from datetime import timedelta
from functools import cache

from django.db import models, transaction
from django.db.utils import OperationalError
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs import log
from jobs.errors import Cancelled, Interrupted, LeaseLost, TimeLimitExceeded
from jobs.models import statements
from jobs.models.attempt import Attempt
from jobs.models.ending import Ending
from jobs.models.queryset import JobQuerySet
from jobs.models.status import UNFINISHED, Status

#: Seconds between two writes of a heartbeat, however often a job calls it: cancelling is noticed that soon.
HEARTBEAT_EVERY = 0.5


@cache
def _statuses(kind):
    """The labels of the statuses of a kind of job."""
    return dict(kind._meta.get_field("status").choices)


class Job(Ending, models.Model):
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

    # ---- what a kind tells of itself, for the screens of whoever operates the installation

    #: The paths, as in a filter, to the Organization and to the person whose job it is; "" where it is nobody's.
    organization_path = ""
    person_path = ""
    #: The text columns that a search looks into.
    searched: tuple[str, ...] = ("error",)
    #: The columns that stay hidden from those screens: what people write to each other.
    private: tuple[str, ...] = ()
    #: What a retry does to several, as in "sends 40 e-mails"; its %(jobs)s stands for “40 e-mails”.
    retried_as = _("retries %(jobs)s")

    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING, editable=False)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    run_after = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, editable=False)
    worker = models.CharField(max_length=200, blank=True, editable=False)
    progress = models.PositiveBigIntegerField(default=0, editable=False)
    total = models.PositiveBigIntegerField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    #: The attempt after which a person asked for a retry: those before no longer count.
    restarted_after = models.PositiveIntegerField(default=0, editable=False)
    request_id = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            # The done ones are by far the most: what looks for others must not read them (see JobQuerySet.not_done).
            models.Index(
                fields=["status", "created_at", "id"],
                condition=~models.Q(status="done"),
                name="%(class)s_not_done",
            ),
            models.Index(fields=["created_at", "id"], name="%(class)s_by_age"),
            # What else the same request has caused.
            models.Index(fields=["request_id"], name="%(class)s_request"),
        ]

    def __str__(self):
        return self.label

    @property
    def label(self):
        """How logs name it."""
        return f"{self.kind_label}:{self.pk}"

    @property
    def kind_label(self):
        """How logs name its kind."""
        return self._meta.label_lower

    def followed(self):
        """Within the block (`with`), log lines carry its ids, and those of the person and the organization whose job it
        is, where its own row names them."""
        user, organization = (getattr(self, f"{path}_id", None) for path in (self.person_path, self.organization_path))
        return log.following(
            self.request_id, job=self.label, attempt=self.attempt, user=user, organization=organization
        )

    @property
    def title(self) -> str:
        """What it is, in a line for a person; reads nothing but its own row and what was selected with it."""
        return f"{self._meta.verbose_name} {self.pk}"

    def get_status_display(self):
        # Django's makes the labels of all statuses to find one, for each row of a list.
        return str(_statuses(type(self))[self.status])

    @property
    def state(self) -> str:
        """Its status in words, for a screen."""
        return self.get_status_display()

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
        self.request_id = self.request_id or log.current().request_id or log.new_request_id()

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
            raise TimeLimitExceeded(over_limit(self.time_limit))
        if now < self._next_heartbeat:
            return
        self._next_heartbeat = now + HEARTBEAT_EVERY
        self.lease_until = timezone.now() + self.lease
        columns = {"lease_until": self.lease_until, "progress": self.progress, "total": self.total}
        if not statements.update(type(self), columns, self._mine()).run():
            cancelled = type(self)._base_manager.filter(pk=self.pk, status=Status.CANCELLED).exists()
            raise Cancelled if cancelled else LeaseLost

    # ---- how

    def _start_clock(self):
        now = time.monotonic()
        self._next_heartbeat = now + HEARTBEAT_EVERY
        self._deadline = None if self.time_limit is None else now + self.time_limit.total_seconds()

    def _mine(self):
        """The row, as long as this attempt holds it."""
        return {"id": self.pk, "status": Status.RUNNING, "attempt": self.attempt}


class Shutdown:
    """Set once the consumer's grace is over; thread workers, which cannot be interrupted, see it at a heartbeat."""

    is_due = False


shutdown = Shutdown()


def words(duration: timedelta) -> str:
    """`duration` for people: "90 s", "30 min"."""
    seconds = duration.total_seconds()
    if seconds >= 120:
        return gettext("%(minutes)s min") % {"minutes": f"{seconds / 60:g}"}
    return gettext("%(seconds)s s") % {"seconds": f"{seconds:g}"}


def over_limit(limit: timedelta) -> str:
    """What is said of a job that ran for too long."""
    return gettext("Stopped: it ran longer than its limit of %(time)s.") % {"time": words(limit)}
