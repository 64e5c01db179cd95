"""What runs by the clock."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs import schedules as declared
from jobs.models import Schedule, ScheduledRun
from ops.health.part import SCHEDULES, age, count, ok, red, warning

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
    missed = ScheduledRun.objects.skipped().filter(created_at__gt=now - LATELY)
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
        words = _("%(schedules)s should have run %(age)s ago.") % {
            "schedules": _named(detail["late"]),
            "age": age(oldest, now),
        }
        remedy = _("Look at the consumers: each of them opens what is due, once a minute.")
        return (red if now - oldest > TOO_LATE else warning)(words, remedy, **detail)
    if missed:
        words = _("%(schedules)s did not run at a time when nothing was running.") % {"schedules": _named(missed)}
        return warning(words, _("Run it now on the page of schedules, if it matters."), **detail)
    if forgotten:
        words = _("%(schedules)s is paused since long.") % {
            "schedules": _named([schedule.name for schedule in forgotten])
        }
        return warning(words, _("Resume it on the page of schedules."), **detail)
    if not known:
        return warning(
            _("No schedule is known yet."), _("They appear within a minute after the consumers have started.")
        )
    return ok(_("%(schedules)s run by the clock.") % {"schedules": count(len(known), SCHEDULES)}, **detail)


def _named(names):
    if len(names) == 1:
        return names[0]
    more = len(names) - 1
    return ngettext("%(first)s and %(count)d more", "%(first)s and %(count)d more", more) % {
        "first": names[0],
        "count": more,
    }
