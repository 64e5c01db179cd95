"""What makes the doorbell safe to lose: each minute, and when a consumer starts, look at the rows themselves."""

import logging
from datetime import timedelta

from django.apps import apps
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from config.queues import QUEUES
from jobs import worker
from jobs.errors import LeaseLost
from jobs.models.job import Job, words
from jobs.models.pause import QueuePause

logger = logging.getLogger("jobs")

#: With this many messages waiting a queue has enough to do: what is missing in it can wait for a later sweep.
ENOUGH = 10_000


def kinds(queue=None):
    """Every kind of job, or those of one queue (its name)."""
    return [model for model in apps.get_models() if issubclass(model, Job) and queue in (None, model.queue)]


def sweep(queue, patience=timedelta(seconds=5)):
    """Release the jobs of the `queue` (its name) whose worker is gone, and ring for those that nobody rang for.

    `patience`: how long a due job may wait for its ring, which may still be on its way.
    """
    release_dead(queue)
    ring_missing(queue, timezone.now() - patience)


def release_dead(queue):
    """Put running jobs back whose lease is over, or whose worker was a process of this host and is gone."""
    for kind in kinds(queue):
        _release_dead(kind)


def _release_dead(kind):
    running = kind.objects.running()
    dead = [name for name in running.order_by().values_list("worker", flat=True).distinct() if worker.is_dead(name)]
    for job in running.filter(Q(worker__in=dead) | Q(lease_until__lt=timezone.now())):
        error = (
            _("The worker died.")
            if job.worker in dead
            else _("The worker was silent for longer than its lease of %(time)s.") % {"time": words(job.lease)}
        )
        with job.followed():
            try:
                job.release_dead(error)
            except LeaseLost:  # it has ended, or another sweep was first
                continue
            logger.warning("%s Now %s.", error, job.get_status_display().lower())


def ring_missing(queue, due):
    """Ring for the pending jobs that are due at `due` and have no message in the queue."""
    pending = [(kind, list(_due(kind, due))) for kind in kinds(queue) if not kind.is_held()]
    if not any(jobs for _, jobs in pending) or QueuePause.objects.filter(queue=queue).exists():
        return
    # Those in Huey's schedule do not count: the message of a due job has left it, or is late.
    messages = QUEUES[queue].pending(ENOUGH)
    if len(messages) >= ENOUGH:
        return
    rung = {(type(message), *message.args) for message in messages}
    for kind, jobs in pending:
        message = import_string(kind.doorbell).task_class
        for pk, run_after in jobs:
            if (message, pk) not in rung:
                logger.info("ringing again for %s:%s", kind._meta.label_lower, pk)
                kind._ring(pk, run_after)


def _due(kind, due):
    return kind.objects.due(due).order_by("run_after").values_list("pk", "run_after")[:ENOUGH]
