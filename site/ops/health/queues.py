"""The two queues: whether somebody works on them, and whether what is due gets its turn."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from config.release import RELEASE
from jobs import census, worker
from jobs.models import ConsumerProcess, QueuePause, Status
from jobs.models.process import SILENT_AFTER
from jobs.sweep import kinds
from ops.health.part import JOBS, age, count, ok, red, warning

#: How long the processes of an installation may take to start, one after another.
STARTING = timedelta(minutes=1)
#: How long a due job may wait: until somebody should look, and until somebody must. A queue whose workers are all busy
#: is not stuck yet.
WAITS_LONG, IS_STUCK, IS_OVERRUN = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)

#: Since when this process serves the web; None in all others.
serving_since: datetime | None = None


def serve():
    """This process serves the web from now on."""
    global serving_since
    serving_since = timezone.now()


def consumer(queue: str, now):
    rows = list(ConsumerProcess.objects.filter(queue=queue))
    # A clock that was set back must not let the dead live on: their processes are looked for too.
    alive = [row for row in rows if row.seen_at > now - SILENT_AFTER and not worker.is_dead(row.identity)]
    others = sorted({row.release for row in alive} - {RELEASE})
    detail = {
        "alive": len(alive),
        "seen_at": max((row.seen_at for row in rows), default=None),
        "started_at": min((row.started_at for row in alive), default=None),
        "workers": sum(len(row.workers) for row in alive),
        "releases": sorted({row.release for row in alive}),
    }
    detail = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in detail.items()}
    if not alive:
        return _nobody(queue, rows, now, detail)
    if others:
        words = _("The consumer of %(queue)s runs release %(others)s; this process runs %(own)s.") % {
            "queue": queue,
            "others": ", ".join(others),
            "own": RELEASE,
        }
        return warning(words, _("Restart Roost, so that all of it runs the same code."), **detail)
    newest = max(row.seen_at for row in alive)
    return ok(
        _("The consumer of %(queue)s gave its last sign of life %(age)s ago.")
        % {"queue": queue, "age": age(newest, now)},
        **detail,
    )


def _nobody(queue, rows, now, detail):
    remedy = _("Start Roost again, or only this one: manage.py run_huey --queue %(queue)s") % {"queue": queue}
    if rows:
        last = max(row.seen_at for row in rows)
        words = _("The consumer of %(queue)s has been silent for %(age)s.") % {"queue": queue, "age": age(last, now)}
        if last > now - SILENT_AFTER:
            return warning(
                _("The consumer of %(queue)s has just died.") % {"queue": queue},
                _("The supervisor starts it anew: wait."),
                **detail,
            )
        return red(words, remedy, **detail)
    if _is_starting(now):
        return warning(
            _("The consumer of %(queue)s is not there yet.") % {"queue": queue},
            _("Roost has just been started: wait."),
            **detail,
        )
    return red(_("No consumer of %(queue)s runs: its jobs wait.") % {"queue": queue}, remedy, **detail)


def _is_starting(now):
    """Whether something of this installation has just been started, with which the others come."""
    lately = now - STARTING
    return (serving_since or lately) > lately or ConsumerProcess.objects.filter(started_at__gt=lately).exists()


def queue(name: str, now):
    # Some kinds wait for a setting, not for a worker.
    groups = census.take([kind for kind in kinds(name) if not kind.is_held()], now)
    pending = [group for group in groups if group.status == Status.PENDING]
    waiting = sum(group.due for group in pending)
    oldest = min((group.due_since for group in pending if group.due), default=None)
    pause = QueuePause.objects.filter(queue=name).select_related("by").first()
    waits = now - oldest if oldest else timedelta(0)
    detail = {
        "due": waiting,
        "oldest_due_at": oldest and oldest.isoformat(),
        "oldest_due_seconds": round(waits.total_seconds(), 3),
        "paused_since": pause and pause.since.isoformat(),
    }
    jobs = count(waiting, JOBS, census.ENOUGH)
    if pause:
        values = {"queue": name, "person": pause.by, "age": age(pause.since, now), "jobs": jobs}
        if pause.by:
            words = _("The queue %(queue)s has been paused by %(person)s for %(age)s, with %(jobs)s due.") % values
        else:
            words = _("The queue %(queue)s has been paused for %(age)s, with %(jobs)s due.") % values
        return warning(words, _("Resume it once there is no reason any more."), **detail)
    if waits <= WAITS_LONG:
        if not waiting:
            return ok(_("Nothing waits in the queue %(queue)s.") % {"queue": name}, **detail)
        return ok(_("The queue %(queue)s has %(jobs)s due.") % {"queue": name, "jobs": jobs}, **detail)
    values = {"queue": name, "jobs": jobs, "age": age(oldest, now)}
    running = sum(group.number for group in groups if group.status == Status.RUNNING)
    detail["running"] = running
    if running and waits <= IS_OVERRUN:
        remedy = _("Wait; where that is usual, give it more workers: EMAIL_WORKERS, EXPORT_WORKERS.")
        words = _("The queue %(queue)s has %(jobs)s due, the oldest since %(age)s: its workers are busy.") % values
        return warning(words, remedy, **detail)
    verdict = red if waits > IS_STUCK else warning
    remedy = _("Look at what runs, and whether its consumer lives; then restart Roost.")
    words = _("The queue %(queue)s has %(jobs)s due, the oldest since %(age)s.") % values
    return verdict(words, remedy, **detail)
