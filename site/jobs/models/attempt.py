from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    DONE = "done", _("Done")
    RETRIED = "retried", _("Failed, to be tried again")
    FAILED = "failed", _("Failed")
    DIED = "died", _("Worker died")
    INTERRUPTED = "interrupted", _("Given back at shutdown")
    CANCELLED = "cancelled", _("Cancelled")


class AttemptQuerySet(models.QuerySet):
    def not_done(self):
        """All but those that did their job, in the very words of their index: see `JobQuerySet.not_done`."""
        return self.exclude(outcome=Outcome.DONE)


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

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        indexes = [
            models.Index(fields=["ended_at", "outcome"], name="jobs_attempt_ended"),
            # Of most attempts there is nothing to tell.
            models.Index(
                fields=["outcome", "ended_at", "kind"],
                condition=~models.Q(outcome="done"),
                name="jobs_attempt_not_done",
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["kind", "job_id", "number"], name="jobs_attempt_once")]

    def __str__(self):
        return gettext("%(kind)s:%(job_id)s attempt %(number)s (%(outcome)s)") % {
            "kind": self.kind,
            "job_id": self.job_id,
            "number": self.number,
            "outcome": self.outcome,
        }
