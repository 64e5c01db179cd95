import itertools
from datetime import timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from jobs import schedules
from jobs.errors import JobFailed
from jobs.models.job import Job, Status

#: A slot found this late still counts as on time: consumers look once a minute, and one may just be restarting.
ON_TIME = timedelta(minutes=5)


def validate_cron(line):
    """Raise ValidationError unless `line` is a cron line of five fields that comes due."""
    try:
        next_slot(line, timezone.now())
    except (CronSimError, StopIteration) as error:
        raise ValidationError(
            "“%(line)s” is not a cron line: %(error)s. Use five fields, such as “30 3 * * *” for half past three.",
            params={"line": line, "error": error},
        ) from error


def next_slot(line, after):
    """The first moment later than `after` at which the cron `line` is due, as an aware UTC datetime.

    The line is read in TIME_ZONE. Over a change to or from daylight-saving time a slot comes once: CronSim follows
    Debian's cron there.
    """
    return next(CronSim(line, after.astimezone(ZoneInfo(settings.TIME_ZONE)))).astimezone(ZoneInfo("UTC"))


class ScheduleQuerySet(models.QuerySet):
    def adopt(self, declared, now):
        """Bring the rows in line with the code: new schedules appear; a changed cron line replaces the old one unless
        an operator has changed that."""
        rows = {row.name: row for row in self.all()}
        for schedule in declared:
            row = rows.get(schedule.name)
            if row is None:
                first = next_slot(schedule.cron, now)
                columns = {"cron": schedule.cron, "declared_cron": schedule.cron, "next_slot": first}
                self.get_or_create(name=schedule.name, defaults=columns)
            elif row.declared_cron != schedule.cron:
                if row.cron == row.declared_cron:
                    row.cron = schedule.cron
                    row.next_slot = next_slot(row.cron, now)
                row.declared_cron = schedule.cron
                row.save(update_fields=["cron", "declared_cron", "next_slot"])


class Schedule(models.Model):
    """When a function declared with `jobs.schedules.schedule` runs; an operator may change the line or pause it."""

    name = models.CharField(max_length=100, unique=True)
    cron = models.CharField(max_length=100, validators=[validate_cron])
    declared_cron = models.CharField(max_length=100, editable=False)
    paused = models.BooleanField(default=False)
    next_slot = models.DateTimeField(editable=False)

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

    def pause(self):
        self.paused = True
        self.save(update_fields=["paused"])

    def resume(self):
        """Go on with the next slot: what came due during the pause was not wanted."""
        self.paused, self.next_slot = False, next_slot(self.cron, timezone.now())
        self.save(update_fields=["paused", "next_slot"])

    def run_now(self):
        """Run it once, beside its slots. Returns the ScheduledRun."""
        return ScheduledRun.objects.create(schedule=self, slot=timezone.now())

    def open_slot(self, now):
        """Make the ScheduledRun of the slots that are due at `now`: one, for the last of them.

        The UPDATE of `next_slot` decides between consumers, and the unique constraint stands behind it.
        """
        slots = itertools.chain([self.next_slot], _slots(self.cron, self.next_slot))
        last, following = self.next_slot, None
        for slot in slots:
            if slot > now:
                following = slot
                break
            last = slot
        with transaction.atomic():
            if Schedule.objects.filter(pk=self.pk, next_slot=self.next_slot, paused=False).update(next_slot=following):
                run = ScheduledRun(schedule=self, slot=last)
                if now - last > ON_TIME and not schedules.registry[self.name].catch_up:
                    run.status, run.finished_at = Status.CANCELLED, now
                    run.error = "Did not run: nothing was running at that time, and this schedule does not catch up."
                run.save()


def _slots(cron, after):
    while True:
        after = next_slot(cron, after)
        yield after


class ScheduledRun(Job):
    """One slot of a schedule."""

    queue = "emails"
    doorbell = "jobs.tasks.run_scheduled"

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="runs")
    slot = models.DateTimeField()

    class Meta(Job.Meta):
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="jobs_scheduledrun_once")]

    def perform(self):
        declared = schedules.registry.get(self.schedule.name)
        if declared is None:
            raise JobFailed(f"This release has no schedule named {self.schedule.name}.")
        declared.function()
