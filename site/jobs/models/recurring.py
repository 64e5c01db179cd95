"""What comes due again and again: the slots of a cron line, and exactly one run for each."""

from datetime import UTC, datetime, timedelta
from itertools import chain, islice, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

#: A slot found this late still counts as on time: consumers look once a minute, and one may just be restarting.
ON_TIME = timedelta(minutes=5)
#: Missed slots are counted up to here: a week of a schedule that runs each minute. It takes 50 ms.
MOST_MISSED = 10_000


def next_slot(line, after, zone=None):
    """The first moment later than `after` at which the cron `line` is due, as an aware UTC datetime.

    The line is read in `zone` (a ZoneInfo; default: TIME_ZONE). Over a change to or from daylight-saving time a slot
    comes once: CronSim follows Debian's cron there. Raises CronSimError for a line that is none, or never comes due.
    """
    for slot in slots_after(line, after, zone):
        return slot
    raise CronSimError("It never comes due")


def slots_after(line, after, zone=None):
    """All moments later than `after` at which the cron `line` is due, one after the other: see `next_slot`."""
    for slot in CronSim(line, after.astimezone(zone or ZoneInfo(settings.TIME_ZONE))):
        # In the hour that comes twice, CronSim counts from its first coming.
        if (moment := slot.astimezone(UTC)) > after:
            yield moment


def last_slot(line, now, zone=None):
    """The last moment up to `now` at which the cron `line` was due in `zone`, as an aware UTC datetime."""
    second = now.replace(microsecond=0) + timedelta(seconds=1)  # CronSim's slots lie before what it is given
    return next(CronSim(line, second.astimezone(zone or ZoneInfo(settings.TIME_ZONE)), reverse=True)).astimezone(UTC)


class Recurring(models.Model):
    """A row that comes due at each slot of `cron`. A subclass has that column or property, makes a run in `run_slot`,
    and finds its runs, unique with their `slot`, as `runs`."""

    paused = models.BooleanField(default=False)
    next_slot = models.DateTimeField(editable=False)

    #: A cron line.
    cron: str
    #: The ZoneInfo in which the line is read; None for TIME_ZONE.
    zone: ZoneInfo | None = None

    class Meta:
        abstract = True

    def slot_after(self, moment):
        """The first slot later than `moment`."""
        return next_slot(self.cron, moment, self.zone)

    def upcoming(self, count=3) -> list[datetime]:
        """The next slot and those after it. Raises CronSimError where the line cannot be read."""
        return [self.next_slot, *islice(slots_after(self.cron, self.next_slot, self.zone), count - 1)]

    def count_missed(self, slot, now) -> int:
        """How many slots nothing was running at, up to MOST_MISSED, where `slot` is the last one due at `now`: those
        before it, and itself if it is late as well."""
        if self.next_slot >= now - ON_TIME:
            return 0
        slots = chain([self.next_slot], slots_after(self.cron, self.next_slot, self.zone))
        before = sum(1 for _ in islice(takewhile(lambda earlier: earlier < slot, slots), MOST_MISSED))
        return min(before + (slot < now - ON_TIME), MOST_MISSED)

    def run_slot(self, slot, now, missed):
        """Make the run of the `slot`, found due at `now`. Called within the transaction that decided who makes it.

        `missed`: how many slots, this one included where it is found late, nothing was running at.
        """
        raise NotImplementedError(f"{type(self).__name__} has no run_slot()")

    def pause(self):
        self.paused = True
        self.save(update_fields=["paused"])

    def resume(self):
        """Go on with the next slot: what came due during the pause was not wanted."""
        self.paused, self.next_slot = False, self.slot_after(timezone.now())
        self.save(update_fields=["paused", "next_slot"])

    def open_slot(self, now):
        """Make the run of the slots that are due at `now`, if any: one, for the last of them.

        The UPDATE of `next_slot` decides between consumers, and the unique constraint stands behind it.
        """
        following = self.slot_after(now)
        due = self.next_slot <= now
        if self.paused or (not due and self.next_slot <= following):
            return
        slot = max(self.next_slot, last_slot(self.cron, now, self.zone))
        missed = self.count_missed(slot, now)
        with transaction.atomic():
            ours = type(self).objects.filter(pk=self.pk, next_slot=self.next_slot, paused=False)
            if not ours.update(next_slot=following) or not due:  # not due: the clock has been set back
                return
            if not self.runs.filter(slot=slot).exists():  # it does: from before the clock was set back
                self.run_slot(slot, now, missed)
