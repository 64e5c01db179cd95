from datetime import timedelta

from cronsim import CronSimError
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from jobs import schedules
from jobs.errors import JobFailed
from jobs.models.job import Job
from jobs.models.recurring import Recurring, next_slot
from jobs.models.status import Status

#: A slot found this late still counts as on time: consumers look once a minute, and one may just be restarting.
ON_TIME = timedelta(minutes=5)
#: The error of a run whose slot was missed.
MISSED = "Did not run: nothing was running at that time, and this schedule does not catch up."


def validate_cron(line):
    """Raise ValidationError unless `line` is a cron line of five fields that comes due."""
    try:
        if len(line.split()) != 5:
            raise CronSimError("Wrong number of fields")
        next_slot(line, timezone.now())
    except CronSimError as error:
        raise ValidationError(
            "“%(line)s” is not a cron line: %(error)s. Use five fields, such as “30 3 * * *” for half past three.",
            params={"line": line, "error": error},
        ) from error


class ScheduleQuerySet(models.QuerySet):
    def adopt(self, declared, now):
        """The row of a schedule that the code declares: made where it is new. A changed cron line replaces the old
        one unless an operator has changed that."""
        first = next_slot(declared.cron, now)
        columns = {"cron": declared.cron, "declared_cron": declared.cron, "next_slot": first}
        row, _ = self.get_or_create(name=declared.name, defaults=columns)
        if row.declared_cron != declared.cron:
            self.filter(pk=row.pk, cron=models.F("declared_cron")).update(cron=declared.cron, next_slot=first)
            self.filter(pk=row.pk).update(declared_cron=declared.cron)
            row.refresh_from_db()
        return row


class Schedule(Recurring):
    """When a function declared with `jobs.schedules.schedule` runs; an operator may change the line or pause it."""

    name = models.CharField(max_length=100, unique=True)
    cron = models.CharField(max_length=100, validators=[validate_cron])
    declared_cron = models.CharField(max_length=100, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def reschedule(self, cron):
        """Change the line from now on. Raises ValidationError for one that is none."""
        validate_cron(cron)
        self.cron, self.next_slot = cron, next_slot(cron, timezone.now())
        self.save(update_fields=["cron", "next_slot"])

    def run_now(self):
        """Run it once, beside its slots. Returns the ScheduledRun."""
        return ScheduledRun.objects.create(schedule=self, slot=timezone.now())

    def run_slot(self, slot, now):
        run = ScheduledRun(schedule=self, slot=slot)
        if now - slot > ON_TIME and not schedules.registry[self.name].catch_up:
            run.status, run.finished_at, run.error = Status.CANCELLED, now, MISSED
        run.save()


class ScheduledRun(Job):
    """One slot of a schedule."""

    # Its function knows nothing of heartbeats: while its process lives, it has that long.
    lease = timedelta(hours=1)
    queue = "emails"
    doorbell = "jobs.tasks.run_scheduled"

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="runs")
    slot = models.DateTimeField()

    class Meta(Job.Meta):
        verbose_name = "scheduled run"
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="jobs_scheduledrun_once")]

    @property
    def title(self):
        return self.schedule.name

    def perform(self):
        declared = schedules.registry.get(self.schedule.name)
        if declared is None:
            raise JobFailed(f"This release has no schedule named {self.schedule.name}.")
        declared.function()
