"""Exports that recur: at each slot of the schedule one ExportJob, whose end is told by e-mail.

    open_due (each minute) ──► SavedExport.open_slot ──► ExportJob, unique on (saved_export, slot)

The schedule is read in the time zone of the person whose export it is, and moves when they move.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from exports.options import ExportOptions
from jobs.models import Recurring
from orgs.models import Organization
from orgs.permissions import can_see_all_exports

logger = logging.getLogger("exports")

#: Recurring exports that one person may have in an organization.
SAVED_LIMIT = 20


class TooManySavedExports(Exception):
    """The person has as many recurring exports as one may have; the message says so."""


class Frequency(models.TextChoices):
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


#: From one slot to the next it is no longer than this; a day may have 25 hours.
LONGEST = {
    Frequency.DAILY: timedelta(hours=25),
    Frequency.WEEKLY: timedelta(days=7, hours=1),
    Frequency.MONTHLY: timedelta(days=31, hours=1),
}


class Weekday(models.IntegerChoices):
    """As in ISO 8601."""

    MONDAY = 1, _("Monday")
    TUESDAY = 2, _("Tuesday")
    WEDNESDAY = 3, _("Wednesday")
    THURSDAY = 4, _("Thursday")
    FRIDAY = 5, _("Friday")
    SATURDAY = 6, _("Saturday")
    SUNDAY = 7, _("Sunday")


#: The `month_day` that every month has under another number.
LAST_DAY = 31


class SavedExportQuerySet(models.QuerySet):
    def visible_to(self, user, organization, role):
        """Owners and admins see all of the organization, others their own."""
        saved = self.filter(organization=organization)
        return saved if can_see_all_exports(role) else saved.filter(requested_by=user)

    def open_due(self, now):
        """Make the ExportJobs whose slots are due at `now` (an aware datetime)."""
        moved = ~Q(time_zone=F("requested_by__time_zone"))
        clock_was_set_back = Q()
        for frequency, longest in LONGEST.items():
            clock_was_set_back |= Q(frequency=frequency, next_slot__gt=now + longest)
        worth_a_look = self.filter(Q(next_slot__lte=now) | moved | clock_was_set_back, paused=False)
        for saved in worth_a_look.select_related("organization", "requested_by"):
            try:
                saved.open_slot(now)
            except Exception:  # the others are due all the same
                logger.exception("cannot open the slot of the recurring export %s", saved.pk)


class SavedExport(ExportOptions, Recurring):
    """An export that a person wants again and again, and gets by e-mail."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="saved_exports")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_exports")
    name = models.CharField(max_length=100)
    frequency = models.CharField(max_length=10, choices=Frequency.choices, default=Frequency.DAILY)
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, default=Weekday.MONDAY)  # for WEEKLY
    month_day = models.PositiveSmallIntegerField(default=1)  # 1 to 28, or LAST_DAY; for MONTHLY
    hour = models.PositiveSmallIntegerField(default=9)
    time_zone = models.CharField(max_length=64, editable=False)  # the person's, when next_slot was worked out
    paused_because = models.CharField(max_length=200, blank=True, editable=False)  # empty where a person paused it

    objects = SavedExportQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(frequency__in=Frequency.values), name="savedexport_frequency"),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="savedexport_weekday"),
            models.CheckConstraint(
                condition=Q(month_day__range=(1, 28)) | Q(month_day=LAST_DAY), name="savedexport_month_day"
            ),
            models.CheckConstraint(condition=Q(hour__range=(0, 23)), name="savedexport_hour"),
        ]

    def __str__(self):
        return self.name

    # ---- when

    @property
    def cron(self):
        day = "L" if self.month_day == LAST_DAY else self.month_day
        return {
            Frequency.DAILY: f"0 {self.hour} * * *",
            Frequency.WEEKLY: f"0 {self.hour} * * {self.weekday}",
            Frequency.MONTHLY: f"0 {self.hour} {day} * *",
        }[self.frequency]

    @property
    def zone(self):
        return self.requested_by.zone

    @property
    def in_words(self):
        """Such as “Every Monday at 09:00”."""
        words = {
            Frequency.DAILY: gettext("Every day at %(time)s"),
            Frequency.WEEKLY: gettext("Every %(weekday)s at %(time)s"),
            Frequency.MONTHLY: gettext("On day %(day)d of each month at %(time)s"),
        }[self.frequency]
        if self.frequency == Frequency.MONTHLY and self.month_day == LAST_DAY:
            words = gettext("On the last day of each month at %(time)s")
        return words % {"weekday": self.get_weekday_display(), "day": self.month_day, "time": f"{self.hour:02}:00"}

    # ---- by people

    def change(self, **columns):
        """Take these columns, and save. Another time counts from now on; with the same one a slot that is due stays.

        Raises TooManySavedExports for a new one where the person has SAVED_LIMIT in the organization, and DoesNotExist,
        as all that people do with it, where it has been deleted meanwhile.
        """
        before = None if self._state.adding else self.cron
        for name, value in columns.items():
            setattr(self, name, value)
        changed = set(columns)
        if self.cron != before:
            self._plan(timezone.now())
            changed |= {"next_slot", "time_zone"}
        if before:
            self._store(*changed)
        else:
            self._store_new()

    def pause(self, because=""):
        self.paused, self.paused_because = True, because
        self._store("paused", "paused_because")

    def resume(self):
        """Go on with the next slot: what came due during the pause was not wanted."""
        self.paused, self.paused_because = False, ""
        self._plan(timezone.now())
        self._store("paused", "paused_because", "next_slot", "time_zone")

    def run_now(self):
        """Export once, beside the slots. Returns the ExportJob. Raises TooManyExports."""
        with transaction.atomic():
            type(self).objects.select_for_update(no_key=True).get(pk=self.pk)
            return self.runs.model.start(self.organization, self.requested_by, **self._run_at(timezone.now()))

    def _store_new(self):
        with transaction.atomic():
            # Two requests of one person at once stand in line here (on SQLite already at BEGIN IMMEDIATE).
            person = User.objects.select_for_update(no_key=True).get(pk=self.requested_by_id)
            if person.saved_exports.filter(organization=self.organization).count() >= SAVED_LIMIT:
                words = gettext("You have %(number)d recurring exports, as many as one may have.")
                raise TooManySavedExports(words % {"number": SAVED_LIMIT})
            self.save()

    def _store(self, *columns):
        """As save() of these columns, which has no word of its own for a row that is gone."""
        stored = type(self).objects.filter(pk=self.pk)
        if not stored.update(**{column: getattr(self, column) for column in columns}):
            raise type(self).DoesNotExist

    # ---- by the clock

    def open_slot(self, now):
        super().open_slot(now)
        if self.time_zone != self.requested_by.time_zone:
            as_read = type(self).objects.filter(pk=self.pk, next_slot=self.next_slot, time_zone=self.time_zone)
            self._plan(now)
            as_read.update(next_slot=self.next_slot, time_zone=self.time_zone)

    def run_slot(self, slot, now, missed):
        if self.is_allowed():
            # The limit of unfinished exports is for impatient hands: what was planned is not left out.
            self.runs.model.ask(self.organization, self.requested_by, **self._run_at(slot))
        else:
            self.pause(self.not_allowed())

    def not_allowed(self) -> str:
        """Why it is paused once whoever it is for may no longer export, in words."""
        return gettext("%(person)s may no longer export this organization's tasks.") % {"person": self.requested_by}

    def _run_at(self, slot):
        return {"saved_export": self, "slot": slot, "notify": True, **self.options()}

    def _plan(self, now):
        self.next_slot, self.time_zone = self.slot_after(now), self.requested_by.time_zone
