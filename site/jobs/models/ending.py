"""How an attempt ends, and how a person ends or restarts a job: `Job`'s verbs that leave a status.

Each is one conditional UPDATE; its row count says who won.
"""

import logging
import random
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import ngettext

from jobs.errors import LeaseLost
from jobs.models import statements
from jobs.models.attempt import Attempt, Outcome
from jobs.models.status import ENDED, UNFINISHED, Status

logger = logging.getLogger("jobs")


class Ending:
    """The part of `Job` that ends it."""

    #: In which a person should look at it, and may `discard` it: it will not go on by itself.
    trouble: tuple[str, ...] = (Status.FAILED,)
    #: From which a person may `retry` it.
    restartable: tuple[str, ...] = (Status.FAILED, Status.CANCELLED)

    def ended(self):
        """Called within the transaction that makes the job done or failed (not cancelled), with the row as it then is:
        for rows that must come with the end, an e-mail say. Write them within atomic(): what it raises is logged, and
        does not keep the job from ending."""

    def tell_change(self):
        """Called within the transaction in which it goes back to pending, ends, or is restarted or discarded, with the
        row as it then is: for rows that tell open pages of it. As with `ended`, write them within atomic()."""

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
        spent = [Outcome.RETRIED, Outcome.DIED]
        return self.max_attempts - self.attempts.filter(outcome__in=spent, number__gt=self.restarted_after).count()

    def backoff_delay(self) -> timedelta:
        """base·2^attempt, capped, and half of it random: jobs that failed together do not come back together."""
        attempt = max(self.attempt - self.restarted_after, 1)
        delay = min(self.backoff * 2 ** min(attempt - 1, 30), self.backoff_cap)
        return delay * random.uniform(0.5, 1)  # noqa: S311 (spreads load, guards nothing)

    # ---- by people

    def cancel(self) -> bool:
        """Stop it before or while it runs: a worker notices at its next heartbeat. False where it had ended."""
        with transaction.atomic():
            rows = type(self)._base_manager.filter(pk=self.pk, status__in=UNFINISHED)
            job = rows.select_for_update(no_key=True).first()
            if job is not None and job.status == Status.RUNNING:
                job._end(Outcome.CANCELLED, status=Status.CANCELLED)
            elif job is not None:
                rows.update(status=Status.CANCELLED, finished_at=timezone.now())
                job.status = Status.CANCELLED
                job._carry_out(job.tell_change)
        self.refresh_from_db()
        return job is not None

    def retry(self) -> bool:
        """Run it again, at once and with all its attempts. False where it is in none of `restartable`."""
        now = timezone.now()
        rows = type(self)._base_manager.filter(pk=self.pk, status__in=self.restartable)
        columns = {"status": Status.PENDING, "run_after": now, "finished_at": None}
        with transaction.atomic():
            restarted = rows.update(restarted_after=models.F("attempt"), **columns) == 1
            self.refresh_from_db()
            if restarted:
                self._carry_out(self.tell_change)
                self.ring()
        return restarted

    def discard(self) -> bool:
        """Nobody shall look at it or retry it any more; it stays as history. False where it is in no `trouble`."""
        rows = type(self)._base_manager.filter(pk=self.pk, status__in=self.trouble)
        with transaction.atomic():
            discarded = rows.update(status=Status.CANCELLED) == 1
            self.refresh_from_db()
            if discarded:
                self._carry_out(self.tell_change)
        return discarded

    # ---- how

    def _given_up(self, error):
        words = ngettext(
            "%(error)s (given up after %(count)d attempt)",
            "%(error)s (given up after %(count)d attempts)",
            self.max_attempts,
        )
        return words % {"error": error, "count": self.max_attempts}

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
        before = {name: getattr(self, name) for name in columns}
        try:
            with transaction.atomic():
                if not end.run():
                    raise LeaseLost
                attempt.run()
                self._take(columns)
                self._carry_out(self.tell_change)
                if self.status in ENDED:
                    self._carry_out(self.ended)
        except BaseException:  # the commit may fail too: what the next end decides by is what the row still says
            self._take(before)
            raise

    def _take(self, columns):
        for name, value in columns.items():
            setattr(self, name, value)

    def _carry_out(self, telling):
        try:
            telling()
        except Exception:  # a job that cannot end would be taken for dead, and run again
            logger.exception("what should come with the status %s of %s did not", self.status, self.label)


def storable(text: str) -> str:
    """`text` as every database takes it: PostgreSQL stores no NUL, and the name of a file may hold bytes that are none
    of UTF-8's."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
