from django.db import models


class Outcome(models.TextChoices):
    DONE = "done", "Done"
    RETRIED = "retried", "Failed, to be tried again"
    FAILED = "failed", "Failed"
    DIED = "died", "Worker died"
    INTERRUPTED = "interrupted", "Given back at shutdown"
    CANCELLED = "cancelled", "Cancelled"


class Attempt(models.Model):
    """One try at a job, of whatever kind: what happened survives restarts.

    Written when the try has ended, with the UPDATE that ends it; until then the job's own row tells of it.
    """

    kind = models.CharField(max_length=100)  # the job's model: "exports.exportjob"
    job_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=200)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["ended_at"], name="jobs_attempt_ended")]
        constraints = [models.UniqueConstraint(fields=["kind", "job_id", "number"], name="jobs_attempt_once")]

    def __str__(self):
        return f"{self.kind}:{self.job_id} attempt {self.number} ({self.outcome})"
