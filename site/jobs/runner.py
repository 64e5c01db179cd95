"""How a worker runs one job: claim, perform, note how it ended."""

import logging
import time
import traceback

from django.db import connection, connections
from django.db.utils import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _
from huey.exceptions import TaskTimeout

from config.rows import is_gone
from jobs.errors import AttemptOver, Cancelled, Interrupted, JobFailed, TimeLimitExceeded
from jobs.models import Status
from jobs.models.job import over_limit, shutdown

logger = logging.getLogger("jobs")

#: Seconds between two tries to write down how an attempt has ended.
INSIST_EVERY = 1


def run(kind, pk):
    """Run the job `pk` of the model `kind`, if it is there, pending and due; otherwise do nothing.

    Raises whatever `perform()` raised that is neither retryable nor a JobFailed, after the row is marked failed: Huey
    logs it with its traceback, and a test's helper re-raises it.
    """
    job = kind.objects.claim(pk)
    if job is None:
        logger.debug("%s:%s is not to be run now", kind._meta.label_lower, pk)
        early = kind.objects.filter(pk=pk, status=Status.PENDING, run_after__gt=timezone.now()).first()
        if early:  # the clock of the host that rang is ahead of ours
            early.ring()
        return
    run_claimed(job)


def run_claimed(job):
    """Run a job that this process has claimed. Raises what `run` raises."""
    with job.followed():
        try:
            _run(job)
        except AttemptOver as over:
            logger.info("stopped: %s", _why_over(job, over))


def _why_over(job, over):
    if isinstance(over, Cancelled):
        return "cancelled"
    return "the lease is lost" if type(job).objects.filter(pk=job.pk).exists() else "it was deleted"


def _run(job):
    logger.info("started")
    try:
        columns = job.perform() or {}
        insist(job, job.finish, **columns)
    except (Interrupted, KeyboardInterrupt):
        job.give_back()
        logger.info("given back at shutdown")
        raise KeyboardInterrupt from None  # Huey's word for it
    except (TaskTimeout, TimeLimitExceeded) as error:
        if isinstance(error, TaskTimeout):
            forget_connections()  # the alarm may have come between a BEGIN and Django's note of it
        insist(
            job,
            job.fail,
            over_limit(job.time_limit),
            traceback.format_exc(),
        )
        logger.warning("failed: over its time limit")
    except JobFailed as error:
        insist(job, job.fail, str(error))
        logger.warning("failed: %s", error)
    except job.retryable as error:
        if isinstance(error, OperationalError):
            renew_connection()
        try_again(job, describe(error))
    except (Exception, SystemExit) as error:
        if is_gone(error) and job.attempts_left() > 1:
            # Deleted while it was at work: the next attempt finds out what, and says so or does the rest.
            try_again(job, _("Something that it needs has just been deleted."))
            return
        # What a defect says of itself is for the log and the attempt, not for whoever waits (OWASP, "Improper Error
        # Handling").
        insist(
            job,
            job.fail,
            _("Something went wrong on our side. Whoever runs Roost finds more under %(request_id)s.")
            % {"request_id": job.request_id},
            traceback.format_exc(),
        )
        raise
    else:
        logger.info("done")


def try_again(job, error: str):
    """Put it back for another attempt, or, where its attempts are spent, note that it has failed."""
    if insist(job, job.defer, error, traceback.format_exc()):
        logger.warning("failed, to be tried again after %s: %s", job.run_after.isoformat(), error)
    else:
        logger.error("failed: %s", job.error)


def insist(job, end, *args, **columns):
    """Write down how the attempt has ended, with one of the job's verbs, as soon as the database can: its disk is full,
    another one writes for long, its server restarts. Returns what `end` returns.

    Left unwritten, the job would seem to run until its lease is over, because its worker lives, and then what it has
    achieved would be done again: a message that was accepted would be sent twice. Raises what `end` raises, and its
    OperationalError once the lease is over or the consumer stops.
    """
    while True:
        try:
            return end(*args, **columns)
        except OperationalError as error:
            if connection.in_atomic_block or shutdown.is_due or timezone.now() > job.lease_until:
                raise
            renew_connection()
            logger.warning("cannot be written down yet: %s", describe(error))
        time.sleep(INSIST_EVERY)


def renew_connection():
    """Use this thread's database connection no longer: it may have kept what made it fail, and SQLite's count as usable
    for ever (django.db.close_old_connections would keep them)."""
    if not connection.in_atomic_block:  # only a test runs a job inside a transaction
        connection.close()


def forget_connections():
    """Close this thread's database connections, and forget what Django believes of their transactions."""
    for opened in connections.all(initialized_only=True):
        opened.close()
        del connections[opened.alias]


def describe(error: BaseException) -> str:
    """One line for a person: the error's own words, or its name where it has none."""
    return " ".join(str(error).split())[:500] or type(error).__name__
