"""What hangs on the clock."""

import os
import tempfile
import time
import zoneinfo
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection

import config.release
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
        words = f"The clock says {now:%Y-%m-%d %H:%M} UTC, which is before this release was installed."
        return red(words, "Set the clock of this machine: timedatectl set-ntp true")
    ahead = {name: moment for name, moment in _stamps(now) if abs(moment - now) > APART}
    detail = {"now": now.isoformat(), **{name: moment.isoformat() for name, moment in ahead.items()}}
    if ahead:
        name, moment = next(iter(ahead.items()))
        if moment < now:
            words = f"The clock of {name} is {age(moment, now)} behind that of this process."
        else:
            words = f"The clock was set back, or that of {name} is {age(now, moment)} ahead."
        return warning(words, "Let all of them follow one clock: timedatectl set-ntp true", **detail)
    return ok(f"All clocks at hand agree that it is {now:%Y-%m-%d %H:%M} UTC.", **detail)


def _stamps(now):
    """Moments that must not be far from `now`: (whose clock, moment)."""
    with suppress(OSError), tempfile.TemporaryFile(dir=settings.DATA_DIR) as probe:  # `data_folder` tells what is wrong
        probe.write(b".")
        probe.flush()
        written = datetime.fromtimestamp(os.fstat(probe.fileno()).st_mtime, UTC)
        yield "the data folder's disk", written - timedelta(seconds=time.time() - now.timestamp())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            yield "the database server", cursor.fetchone()[0]
    for consumer in ConsumerProcess.objects.filter(seen_at__gt=now + APART):
        yield f"the consumer {consumer.identity}", consumer.seen_at
    for kind in kinds():
        latest = kind.objects.filter(created_at__gt=now + APART).order_by("-created_at", "-id").first()
        if latest:
            yield f"whoever made the {latest._meta.verbose_name} {latest.pk}", latest.created_at
    for schedule in Schedule.objects.filter(paused=False):
        try:
            following = schedule.slot_after(now)
        except Exception:  # noqa: BLE001, S112 (what is wrong with its line, `cron_lines` tells)
            continue
        if schedule.next_slot > following:
            yield f"whoever opened the last slot of {schedule}", schedule.next_slot


def time_zones(now):
    number = len(zoneinfo.available_timezones())
    if number < ENOUGH_ZONES:
        remedy = "Install the time zones of the system (Debian: apt-get install tzdata), or pip install tzdata."
        return red(f"This system knows {number} time zones instead of some 600.", remedy, number=number)
    return ok(f"{number} time zones are known; schedules are read in {settings.TIME_ZONE}.", number=number)


def cron_lines(now):
    wrong = {}
    for schedule in Schedule.objects.all():
        try:
            validate_cron(schedule.cron)
        except ValidationError as error:
            wrong[schedule.name] = " ".join(error.messages)
    if wrong:
        name, words = next(iter(wrong.items()))
        return red(f"{name} never runs: {words}", "Correct its line on the page of schedules.", wrong=wrong)
    return ok("Every schedule has a cron line that comes due.")
