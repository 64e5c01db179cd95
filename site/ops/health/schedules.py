"""What runs by the clock."""

from datetime import timedelta

from jobs import schedules as declared
from jobs.models import Schedule, ScheduledRun, Status
from jobs.models.schedule import MISSED
from ops.health.part import age, count, ok, red, warning

#: How late a slot may be opened: consumers look once a minute.
LATE, TOO_LATE = timedelta(minutes=3), timedelta(minutes=15)
#: How long a schedule may be paused without a word.
PAUSED_LONG = timedelta(days=2)
#: How long a missed run is told of.
LATELY = timedelta(days=1)


def schedules(now):
    known = [schedule for schedule in Schedule.objects.all() if schedule.name in declared.registry]
    late = [schedule for schedule in known if not schedule.paused and schedule.next_slot < now - LATE]
    paused = [schedule for schedule in known if schedule.paused]
    # The next slot of a paused schedule stays where it was.
    forgotten = [schedule for schedule in paused if schedule.next_slot < now - PAUSED_LONG]
    missed = ScheduledRun.objects.not_done().filter(status=Status.CANCELLED, created_at__gt=now - LATELY, error=MISSED)
    missed = sorted(set(missed.values_list("schedule__name", flat=True)))
    oldest = min((schedule.next_slot for schedule in late), default=now)
    detail = {
        "schedules": len(known),
        "lag_seconds": round(max((now - oldest).total_seconds(), 0), 3),
        "late": [schedule.name for schedule in late],
        "paused": [schedule.name for schedule in paused],
        "missed": missed,
    }
    if late:
        words = f"{_named(detail['late'])} should have run {age(oldest, now)} ago."
        remedy = "Look at the consumers: each of them opens what is due, once a minute."
        return (red if now - oldest > TOO_LATE else warning)(words, remedy, **detail)
    if missed:
        words = f"{_named(missed)} did not run at a time when nothing was running."
        return warning(words, "Run it now on the page of schedules, if it matters.", **detail)
    if forgotten:
        words = f"{_named([schedule.name for schedule in forgotten])} is paused since long."
        return warning(words, "Resume it on the page of schedules.", **detail)
    if not known:
        return warning("No schedule is known yet.", "They appear within a minute after the consumers have started.")
    return ok(f"{count(len(known), 'schedule')} run by the clock.", **detail)


def _named(names):
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
