from datetime import timedelta

from cronsim import CronSimError
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from jobs import cron_words, schedules
from jobs.errors import JobFailed
from jobs.models.job import Job
from jobs.models.queryset import JobQuerySet, begin_of_history
from jobs.models.recurring import MOST_MISSED, ON_TIME, Recurring, next_slot
from jobs.models.status import Status

#: How long runs of which there is nothing to tell are kept: a schedule may have one each minute.
UNEVENTFUL = timedelta(days=7)
#: The error of a run whose slot was missed, and that does not make up for it: in the language of the installation.
MISSED = _("Did not run: nothing was running at that time, and this schedule does not catch up.")


def validate_cron(line):
    """Raise ValidationError unless `line` is a cron line of five fields that comes due."""
    try:
        if len(line.split()) != 5:
            raise CronSimError("Wrong number of fields")
        next_slot(line, timezone.now())
    except (CronSimError, ValueError) as error:  # ValueError: a number of thousands of digits
        raise ValidationError(
            _("“%(line)s” is not a cron line: %(error)s. Use five fields, such as “30 3 * * *” for half past three."),
            params={"line": line, "error": error},
        ) from error


class ScheduleQuerySet(models.QuerySet):
    def adopt(self, declared, now):
        """The row of a schedule that the code declares: made where it is new. A changed cron line replaces the old
        one unless an operator has changed that."""
        first = next_slot(declared.cron, now)
        columns = {"cron": declared.cron, "declared_cron": declared.cron, "next_slot": first}
        row, __ = self.get_or_create(name=declared.name, defaults=columns)
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

    @property
    def in_words(self):
        """The line for people, such as “At 03:17 every day”; "" for one that cannot be read."""
        return cron_words.explain(self.cron)

    @property
    def is_late(self):
        """Whether its slot has passed and nobody has looked: no consumer runs."""
        return not self.paused and timezone.now() - self.next_slot > ON_TIME

    def reschedule(self, cron):
        """Change the line from now on. Raises ValidationError for one that is none."""
        validate_cron(cron)
        self.cron, self.next_slot = cron, next_slot(cron, timezone.now())
        self.save(update_fields=["cron", "next_slot"])

    def run_now(self):
        """Run it once, beside its slots. Returns the ScheduledRun."""
        return ScheduledRun.objects.create(schedule=self, slot=timezone.now())

    def run_slot(self, slot, now, missed):
        run = ScheduledRun(schedule=self, slot=slot, missed=missed, missed_from=self.next_slot if missed else None)
        if now - slot > ON_TIME and not schedules.registry[self.name].catch_up:
            run.skipped, run.status, run.finished_at, run.error = True, Status.CANCELLED, now, str(MISSED)
        run.save()


class ScheduledRunQuerySet(JobQuerySet):
    def expired(self, now):
        uneventful = models.Q(status=Status.DONE, missed=0)
        return self.ended_before(now - UNEVENTFUL).filter(uneventful | models.Q(finished_at__lt=begin_of_history(now)))

    def missed(self):
        """Those that were found to come after slots at which nothing was running, whether they make up for them or
        not."""
        return self.filter(missed__gt=0)

    def skipped(self):
        """Those that did not run because nothing was running at their slot, and that nobody has run since."""
        return self.not_done().filter(status=Status.CANCELLED, skipped=True)


class ScheduledRun(Job):
    """One slot of a schedule."""

    # Its function knows nothing of heartbeats: while its process lives, it has that long.
    lease = timedelta(hours=1)
    queue = "emails"
    doorbell = "jobs.tasks.run_scheduled"

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="runs", verbose_name=_("schedule"))
    slot = models.DateTimeField(_("slot"))
    #: How many slots up to this one nothing was running at (up to MOST_MISSED), and the first of them.
    missed = models.PositiveIntegerField(_("missed"), default=0, editable=False)
    missed_from = models.DateTimeField(_("missed from"), null=True, editable=False)
    #: Whether its own slot was missed, and it did not make up for it: its error says so for people, in their language.
    skipped = models.BooleanField(_("skipped"), default=False, editable=False)

    objects = ScheduledRunQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("scheduled run"), _("scheduled runs")
        constraints = [models.UniqueConstraint(fields=["schedule", "slot"], name="jobs_scheduledrun_once")]

    @property
    def title(self):
        return self.schedule.name

    @property
    def missed_times(self) -> str:
        """How often it did not run before, for people."""
        values = {"count": self.missed, "number": f"{self.missed:,}"}
        if self.missed >= MOST_MISSED:
            return gettext("%(number)s times or more") % values
        return ngettext("once", "%(number)s times", self.missed) % values

    @property
    def makes_up(self) -> bool:
        """Whether it stands for the slots that were missed."""
        declared = schedules.registry.get(self.schedule.name)
        return bool(self.missed and declared and declared.catch_up)

    @property
    def took(self) -> timedelta | None:
        """How long its last attempt ran; None where it has not ended, or never began."""
        return self.finished_at - self.started_at if self.started_at and self.finished_at else None

    def perform(self):
        declared = schedules.registry.get(self.schedule.name)
        if declared is None:
            raise JobFailed(gettext("This release has no schedule named %(name)s.") % {"name": self.schedule.name})
        declared.function()
