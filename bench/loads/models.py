"""Jobs that do nothing: what they cost is the machinery."""

from jobs.models import Job


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
