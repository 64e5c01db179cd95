"""Jobs that do nothing, or next to nothing: what they cost is the machinery."""

from django.db import models

from jobs.models import Job
from realtime.models import Event


class Nothing(Job):
    class Meta(Job.Meta):
        abstract = True

    def perform(self):
        return None


class EmailNothing(Nothing):
    """In the threads of `emails`."""

    queue = "emails"
    doorbell = "bench.loads.tasks.run_email_nothing"


class ExportNothing(Nothing):
    """In the processes of `exports`."""

    queue = "exports"
    doorbell = "bench.loads.tasks.run_export_nothing"


class Telling(Job):
    """Tells the members of an organization that something happened."""

    queue = "emails"
    doorbell = "bench.loads.tasks.run_telling"

    organization_id = models.BigIntegerField()

    class Meta(Job.Meta):
        pass

    def perform(self):
        Event.tell("bench.told", organization_id=self.organization_id, job=self.pk)
