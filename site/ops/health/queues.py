"""The two queues: whether somebody works on them, and whether what is due gets its turn."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from config.release import RELEASE
from jobs import worker
from jobs.models import ConsumerProcess, QueuePause, Status
from jobs.models.process import SILENT_AFTER
from jobs.sweep import kinds
from ops.health.part import age, count, ok, red, warning

#: How long the processes of an installation may take to start, one after another.
STARTING = timedelta(minutes=1)
#: How long a due job may wait: until somebody should look, and until somebody must. A queue whose workers are all busy
#: is not stuck yet.
WAITS_LONG, IS_STUCK, IS_OVERRUN = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1)
#: Rows that are read of a kind that waits. Who has more waiting has trouble enough.
ENOUGH = 10_000

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
        words = f"The consumer of {queue} runs release {', '.join(others)}; this process runs {RELEASE}."
        return warning(words, "Restart Roost, so that all of it runs the same code.", **detail)
    newest = max(row.seen_at for row in alive)
    return ok(f"The consumer of {queue} gave its last sign of life {age(newest, now)} ago.", **detail)


def _nobody(queue, rows, now, detail):
    remedy = f"Start Roost again, or only this one: manage.py run_huey --queue {queue}"
    if rows:
        last = max(row.seen_at for row in rows)
        words = f"The consumer of {queue} has been silent for {age(last, now)}."
        if last > now - SILENT_AFTER:
            return warning(f"The consumer of {queue} has just died.", "The supervisor starts it anew: wait.", **detail)
        return red(words, remedy, **detail)
    if _is_starting(now):
        return warning(f"The consumer of {queue} is not there yet.", "Roost has just been started: wait.", **detail)
    return red(f"No consumer of {queue} runs: its jobs wait.", remedy, **detail)


def _is_starting(now):
    """Whether something of this installation has just been started, with which the others come."""
    lately = now - STARTING
    return (serving_since or lately) > lately or ConsumerProcess.objects.filter(started_at__gt=lately).exists()


def queue(name: str, now):
    waiting, oldest = _due(name, now)
    pause = QueuePause.objects.filter(queue=name).select_related("by").first()
    waits = now - oldest if oldest else timedelta(0)
    detail = {
        "due": waiting,
        "oldest_due_at": oldest and oldest.isoformat(),
        "oldest_due_seconds": round(waits.total_seconds(), 3),
        "paused_since": pause and pause.since.isoformat(),
    }
    jobs = count(waiting, "job", ENOUGH)
    if pause:
        by = f" by {pause.by}" if pause.by else ""
        words = f"The queue {name} has been paused{by} for {age(pause.since, now)}, with {jobs} due."
        return warning(words, "Resume it once there is no reason any more.", **detail)
    if waits <= WAITS_LONG:
        return ok(
            f"Nothing waits in the queue {name}." if not waiting else f"The queue {name} has {jobs} due.", **detail
        )
    words = f"The queue {name} has {jobs} due, the oldest since {age(oldest, now)}"
    running = sum(kind.objects.running().count() for kind in kinds(name))
    detail["running"] = running
    if running and waits <= IS_OVERRUN:
        remedy = "Wait; where that is usual, give it more workers: EMAIL_WORKERS, EXPORT_WORKERS."
        return warning(f"{words}: its workers are busy.", remedy, **detail)
    verdict = red if waits > IS_STUCK else warning
    remedy = "Look at what runs, and whether its consumer lives; then restart Roost."
    return verdict(f"{words}.", remedy, **detail)


def _due(name, now):
    """How many jobs of the queue are due, and since when the oldest is, as (number, datetime or None)."""
    is_due = Q(run_after__lte=now)
    total, oldest = 0, []
    for kind in kinds(name):
        if kind.is_held():  # it waits for a setting, not for a worker
            continue
        # The oldest come first in the index that leaves out what is done (jobs.models.Job.Meta): no sort, and an end.
        pending = kind.objects.not_done().filter(status=Status.PENDING).order_by("created_at", "id")[:ENOUGH]
        found = pending.aggregate(number=Count("pk", filter=is_due), since=Min("run_after", filter=is_due))
        total += found["number"]
        oldest += [found["since"]] if found["since"] else []
    return total, min(oldest, default=None)
