"""What the tests of operation need."""

from datetime import timedelta

from django.utils import timezone

from config.release import RELEASE
from jobs.models import Attempt, ConsumerProcess


def make_consumer(queue, **columns):
    """A consumer of another host that has run this release for an hour, and has just given a sign of life."""
    columns = {"release": RELEASE, "started_at": timezone.now() - timedelta(hours=1), **columns}
    return ConsumerProcess.objects.create(queue=queue, identity=f"elsewhere:{len(queue)}:1", **columns)


def make_attempt(outcome="done", error="", *, kind="kinds.note", job_id=1, ago=timedelta(minutes=5), seconds=1.0):
    """An attempt that took so many seconds and ended so long ago; of the attempts there are it is the next one."""
    ended_at = timezone.now() - ago
    return Attempt.objects.create(
        kind=kind,
        job_id=job_id,
        number=Attempt.objects.count() + 1,
        outcome=outcome,
        error=error,
        started_at=ended_at - timedelta(seconds=seconds),
        ended_at=ended_at,
    )
