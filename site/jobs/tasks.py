"""The Huey functions of the machinery itself."""

from django.utils.translation import gettext_lazy as _
from huey import crontab

from config.queues import QUEUES, emails
from jobs.history import trim_attempts, trim_jobs
from jobs.models import ScheduledRun
from jobs.runner import run
from jobs.schedules import open_due_slots, schedule
from jobs.sweep import kinds, release_dead, sweep


@emails.db_task()
def run_scheduled(run_id):
    run(ScheduledRun, run_id)


@schedule(
    "23 4 * * *",
    purpose=_(
        "Delete jobs that ended long ago, as far as nothing needs their rows, and what is told of their attempts."
    ),
)
def trim_history():
    for kind in kinds():
        trim_jobs(kind)
    trim_attempts()


def look_after(queue):
    """Each minute: sweep the queue's jobs and open due slots. Each consumer does both, so that one that is down leaves
    nothing undone; it also sweeps at its start, and a new worker releases at once what a dead one held."""
    queue.db_periodic_task(crontab(), name=f"sweep_{queue.name}")(lambda: sweep(queue.name))
    queue.db_periodic_task(crontab(), name=f"open_due_slots_{queue.name}")(open_due_slots)
    queue.on_startup("release_dead")(queue._with_connections(lambda: release_dead(queue.name)))


for _queue in QUEUES.values():
    look_after(_queue)


def _pong(queue):
    @queue.db_task(name=f"pong_{queue.name}")
    def pong(key):
        if queue.storage.has_data_for_key(key):  # somebody still waits for the answer
            queue.put(key, True)

    return pong


#: By queue: answers `manage.py ping` under the key that it was given.
pong = {name: _pong(queue) for name, queue in QUEUES.items()}
