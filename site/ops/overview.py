"""The first page of whoever operates the installation: is all well, what is there to do, and who does it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Min, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.queues import QUEUES
from jobs import worker
from jobs.models import ConsumerProcess, QueuePause, Status
from jobs.sweep import kinds
from ops import health, plot
from ops.access import staff_only
from ops.joblist.listing import with_relations
from orgs.models import AuditEntry

#: Jobs of a kind that are counted; where there are more, "10,000+" is enough to know.
COUNTED = 10_000
#: Running jobs of a kind that are shown.
SHOWN = 100


@dataclass
class Queue:
    """A queue: how much waits in it, and since when, who works for it, and on what."""

    name: str
    due: int = 0
    later: int = 0
    oldest: datetime | None = None
    is_counted: bool = True
    running: list = field(default_factory=list)
    consumers: list = field(default_factory=list)
    pause: QueuePause | None = None


@dataclass(frozen=True)
class Consumer:
    """A consumer with its workers: the row, (pid, memory in bytes, running jobs) of each, and its host and pid."""

    process: ConsumerProcess
    workers: list

    @property
    def host(self):
        return split(self.process.identity)[0]

    @property
    def pid(self):
        return split(self.process.identity)[1]


@staff_only
@require_safe
def overview(request):
    now = timezone.now()
    parts = sorted(health.parts(now), key=lambda part: part.verdict, reverse=True)
    context = {
        "parts": parts,
        "trouble": sum(part.verdict != health.Verdict.OK for part in parts),
        "plot": plot.last_hours(now),
        "queues": queues(now),
        "to_look_at": to_look_at(),
        "now": now,
    }
    return render(request, "ops/overview.html", context)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def pause_queue(request, queue):
    """Asks (GET), and does it (POST)."""
    if queue not in QUEUES:
        raise Http404
    if request.method != "POST":
        return render(request, "ops/pause_queue.html", {"queue": queue})
    with transaction.atomic():
        if QueuePause.pause(queue, by=request.user):
            AuditEntry.note(request.user, "paused", f"queue {queue}")
    messages.success(
        request,
        _("The queue %(queue)s is paused: what runs goes on to its end, nothing else begins.") % {"queue": queue},
    )
    return redirect("overview")


@staff_only
@require_POST
def resume_queue(request, queue):
    if queue not in QUEUES:
        raise Http404
    with transaction.atomic():
        if QueuePause.resume(queue):
            AuditEntry.note(request.user, "resumed", f"queue {queue}")
    messages.success(request, _("The queue %(queue)s goes on.") % {"queue": queue})
    return redirect("overview")


def queues(now) -> list[Queue]:
    pauses = {pause.queue: pause for pause in QueuePause.objects.select_related("by")}
    processes = list(ConsumerProcess.objects.all())
    found = []
    for name in QUEUES:
        queue = Queue(name, pause=pauses.get(name))
        for kind in kinds(name):
            count_waiting(queue, kind, now)
            running = with_relations(kind).not_done().filter(status=Status.RUNNING)
            queue.running += running.order_by("created_at", "pk")[:SHOWN]
        queue.consumers = [with_work(row, queue.running) for row in processes if row.queue == name]
        found.append(queue)
    return found


def count_waiting(queue, kind, now):
    due = Q(run_after__lte=now)
    pending = kind.objects.not_done().filter(status=Status.PENDING).order_by("created_at", "pk")[:COUNTED]
    counts = pending.aggregate(all=Count("pk"), due=Count("pk", filter=due), oldest=Min("run_after", filter=due))
    queue.due += counts["due"]
    queue.later += counts["all"] - counts["due"]
    queue.is_counted &= counts["all"] < COUNTED
    queue.oldest = min(filter(None, [queue.oldest, counts["oldest"]]), default=None)


def with_work(process, running) -> Consumer:
    workers = []
    for each in process.workers:
        jobs = [job for job in running if job.worker == each["identity"]]
        workers.append({"pid": split(each["identity"])[1], "memory": each["memory"], "jobs": jobs})
    return Consumer(process, workers)


def split(identity):
    """The host and the pid in a worker's name."""
    name = worker.NAME.fullmatch(identity)
    return (name["host"], name["pid"]) if name else (identity, "")


def to_look_at() -> list[dict]:
    """The kinds and states in which jobs wait for a person, with how many and since when."""
    found = []
    for kind in kinds():
        for status in kind.trouble:
            jobs = kind.objects.in_trouble().filter(status=status).order_by("created_at", "pk")[:COUNTED]
            counts = jobs.aggregate(count=Count("pk"), oldest=Min("created_at"))
            if counts["count"]:
                found.append(
                    {
                        "kind": kind._meta.verbose_name if counts["count"] == 1 else kind._meta.verbose_name_plural,
                        "label": kind._meta.label_lower,
                        "status": status,
                        "state": dict(kind._meta.get_field("status").choices)[status],
                        "is_counted": counts["count"] < COUNTED,
                        **counts,
                    }
                )
    return found
