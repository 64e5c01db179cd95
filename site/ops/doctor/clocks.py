"""What hangs on the clock."""

import os
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

import config.release
from accounts.models import time_zones as known_time_zones
from jobs import census
from jobs.models import ConsumerProcess, Schedule
from jobs.models.schedule import validate_cron
from jobs.sweep import kinds
from ops.health.part import age, ok, red, warning

#: How far two clocks may be apart.
APART = timedelta(seconds=5)
#: There are some 600; a system without the package has a handful, or none.
ENOUGH_ZONES = 300


def clock(now):
    """What gives a wrong clock away without asking anybody on the network."""
    code = datetime.fromtimestamp(Path(config.release.__file__).stat().st_mtime, UTC)
    if now < code - timedelta(days=1):
        words = _("The clock says %(now)s UTC, which is before this release was installed.") % {
            "now": f"{now:%Y-%m-%d %H:%M}"
        }
        return red(words, _("Set the clock of this machine: timedatectl set-ntp true"))
    ahead = {name: moment for name, moment in _stamps(now) if abs(moment - now) > APART}
    detail = {"now": now.isoformat(), **{name: moment.isoformat() for name, moment in ahead.items()}}
    if ahead:
        name, moment = next(iter(ahead.items()))
        if moment < now:
            words = _("The clock of %(name)s is %(age)s behind that of this process.") % {
                "name": name,
                "age": age(moment, now),
            }
        else:
            words = _("The clock was set back, or that of %(name)s is %(age)s ahead.") % {
                "name": name,
                "age": age(now, moment),
            }
        return warning(words, _("Let all of them follow one clock: timedatectl set-ntp true"), **detail)
    return ok(_("All clocks at hand agree that it is %(now)s UTC.") % {"now": f"{now:%Y-%m-%d %H:%M}"}, **detail)


def _stamps(now):
    """Moments that must not be far from `now`: (whose clock, moment)."""
    with suppress(OSError), tempfile.TemporaryFile(dir=settings.DATA_DIR) as probe:  # `data_folder` tells what is wrong
        probe.write(b".")
        probe.flush()
        written = datetime.fromtimestamp(os.fstat(probe.fileno()).st_mtime, UTC)
        yield _("the data folder's disk"), written - timedelta(seconds=time.time() - now.timestamp())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            yield _("the database server"), cursor.fetchone()[0]
    for consumer in ConsumerProcess.objects.filter(seen_at__gt=now + APART):
        yield _("the consumer %(identity)s") % {"identity": consumer.identity}, consumer.seen_at
    for kind, number, created_at in census.newest_after(kinds(), now + APART):
        words = _("whoever made the %(kind)s %(number)s") % {"kind": kind._meta.verbose_name, "number": number}
        yield words, created_at
    for schedule in Schedule.objects.filter(paused=False):
        try:
            following = schedule.slot_after(now)
        except Exception:  # noqa: BLE001, S112 (what is wrong with its line, `cron_lines` tells)
            continue
        if schedule.next_slot > following:
            yield _("whoever opened the last slot of %(schedule)s") % {"schedule": schedule}, schedule.next_slot


def time_zones(now):
    number = len(known_time_zones())
    if number < ENOUGH_ZONES:
        remedy = _("Install the time zones (Debian: apt-get install tzdata; or pip install tzdata), and restart Roost.")
        return red(
            _("This system knows %(number)s time zones instead of some 600.") % {"number": number},
            remedy,
            number=number,
        )
    return ok(
        _("%(number)s time zones are known; schedules are read in %(time_zone)s.")
        % {"number": number, "time_zone": settings.TIME_ZONE},
        number=number,
    )


def cron_lines(now):
    wrong = {}
    for schedule in Schedule.objects.all():
        try:
            validate_cron(schedule.cron)
        except ValidationError as error:
            wrong[schedule.name] = " ".join(error.messages)
    if wrong:
        name, words = next(iter(wrong.items()))
        return red(
            _("%(name)s never runs: %(words)s") % {"name": name, "words": words},
            _("Correct its line on the page of schedules."),
            wrong=wrong,
        )
    return ok(_("Every schedule has a cron line that comes due."))
