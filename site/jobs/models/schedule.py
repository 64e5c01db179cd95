from datetime import UTC, timedelta
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
        if len(line.split()) != 5:
            raise CronSimError("Wrong number of fields")
        next_slot(line, timezone.now())
    except CronSimError as error:
        raise ValidationError(
            "“%(line)s” is not a cron line: %(error)s. Use five fields, such as “30 3 * * *” for half past three.",
            params={"line": line, "error": error},
        ) from error


def next_slot(line, after):
    """The first moment later than `after` at which the cron `line` is due, as an aware UTC datetime.

    The line is read in TIME_ZONE. Over a change to or from daylight-saving time a slot comes once: CronSim follows
    Debian's cron there. Raises CronSimError for a line that is none, or never comes due.
    """
    for slot in CronSim(line, after.astimezone(ZoneInfo(settings.TIME_ZONE))):
        # In the hour that comes twice, CronSim counts from its first coming.
        if (moment := slot.astimezone(UTC)) > after:
            return moment
    raise CronSimError("It never comes due")


def last_slot(line, now):
    """The last moment up to `now` at which the cron `line` was due, as an aware UTC datetime."""
    second = now.replace(microsecond=0) + timedelta(seconds=1)  # CronSim's slots lie before what it is given
    return next(CronSim(line, second.astimezone(ZoneInfo(settings.TIME_ZONE)), reverse=True)).astimezone(UTC)


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
        """Make the ScheduledRun of the slots that are due at `now`, if any: one, for the last of them.

        The UPDATE of `next_slot` decides between consumers, and the unique constraint stands behind it.
        """
        following = next_slot(self.cron, now)
        due = self.next_slot <= now
        if self.paused or (not due and self.next_slot <= following):
            return
        with transaction.atomic():
            ours = Schedule.objects.filter(pk=self.pk, next_slot=self.next_slot, paused=False)
            if not ours.update(next_slot=following) or not due:  # not due: the clock has been set back
                return
            slot = max(self.next_slot, last_slot(self.cron, now))
            if self.runs.filter(slot=slot).exists():  # before the clock was set back
                return
            run = ScheduledRun(schedule=self, slot=slot)
            if now - slot > ON_TIME and not schedules.registry[self.name].catch_up:
                run.status, run.finished_at = Status.CANCELLED, now
                run.error = "Did not run: nothing was running at that time, and this schedule does not catch up."
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
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="jobs_scheduledrun_once")]

    def perform(self):
        declared = schedules.registry.get(self.schedule.name)
        if declared is None:
            raise JobFailed(f"This release has no schedule named {self.schedule.name}.")
        declared.function()
