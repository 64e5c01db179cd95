"""What the tests of operation need."""

from datetime import timedelta

from django.utils import timezone

from config.release import RELEASE
from jobs.models import ConsumerProcess


def make_consumer(queue, **columns):
    """A consumer of another host that has run this release for an hour, and has just given a sign of life."""
    columns = {"release": RELEASE, "started_at": timezone.now() - timedelta(hours=1), **columns}
    return ConsumerProcess.objects.create(queue=queue, identity=f"elsewhere:{len(queue)}:1", **columns)
