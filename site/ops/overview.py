"""The first page of whoever operates the installation: is all well, what is there to do, and who does it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.queues import QUEUES
from jobs import census, worker
from jobs.models import ConsumerProcess, QueuePause, Status
from jobs.sweep import kinds
from ops import health, plot
from ops.access import staff_only
from ops.joblist.listing import with_relations
from orgs.models import AuditEntry

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
    groups = census.take(kinds(), now)
    parts = sorted(health.parts(now), key=lambda part: part.verdict, reverse=True)
    context = {
        "parts": parts,
        "trouble": sum(part.verdict != health.Verdict.OK for part in parts),
        "plot": plot.last_hours(now),
        "queues": queues(groups),
        "to_look_at": to_look_at(groups),
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


def queues(groups) -> list[Queue]:
    pauses = {pause.queue: pause for pause in QueuePause.objects.select_related("by")}
    processes = list(ConsumerProcess.objects.all())
    found = {name: Queue(name, pause=pauses.get(name)) for name in QUEUES}
    for group in groups:
        queue = found[group.kind.queue]
        if group.status == Status.PENDING:
            queue.due += group.due
            queue.later += group.number - group.due
            queue.is_counted &= group.is_counted
            queue.oldest = min(filter(None, [queue.oldest, group.due_since]), default=None)
        elif group.status == Status.RUNNING:
            queue.running += with_relations(group.kind).running().order_by("created_at", "pk")[:SHOWN]
    for queue in found.values():
        queue.consumers = [with_work(row, queue.running) for row in processes if row.queue == queue.name]
    return list(found.values())


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


def to_look_at(groups) -> list[dict]:
    """The kinds and states in which jobs wait for a person, with how many and since when."""
    return [
        {
            "kind": group.kind._meta.verbose_name if group.number == 1 else group.kind._meta.verbose_name_plural,
            "label": group.kind._meta.label_lower,
            "status": group.status,
            "state": dict(group.kind._meta.get_field("status").choices)[group.status],
            "is_counted": group.is_counted,
            "count": group.number,
            "oldest": group.oldest,
        }
        for group in groups
        if group.status in group.kind.trouble
    ]
