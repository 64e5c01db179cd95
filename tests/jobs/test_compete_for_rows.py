"""Several workers and consumers want the same row, in a real database file: one has it."""

import subprocess
from contextlib import suppress
from functools import partial

from jobs import worker
from jobs.errors import LeaseLost
from jobs.models import Status
from jobs.schedules import open_due_slots
from jobs.sweep import sweep
from tests.jobs.slots import NOON, minutes, slots
from tests.jobs.threads import claim_together, together
from tests.kinds.models import Errand


def test_it_works(installation):
    claim_together()


def test_two_consumers_open_a_slot_once(installation, declare, caplog):
    declare("tidy", "* * * * *")
    open_due_slots(NOON)

    def look():
        for number in range(1, 6):
            open_due_slots(minutes(number))

    together(4, look)
    assert len(slots("tidy")) <= 5
    assert slots("tidy")[-1] == minutes(5)
    assert "cannot open" not in caplog.text  # no consumer ran into the constraint


def test_two_consumers_release_a_dead_job_once(installation):
    process = subprocess.Popen(["true"])
    name = worker.identity(process.pid)
    process.wait()
    errands = [Errand.objects.claim(Errand.objects.create().pk) for _ in range(10)]
    Errand.objects.filter(status=Status.RUNNING).update(worker=name)
    together(4, lambda: sweep("exports"))
    for errand in errands:
        errand.refresh_from_db()
        assert errand.status == Status.PENDING
        assert [attempt.outcome for attempt in errand.attempts] == ["died"]


def test_of_a_finish_and_a_cancellation_one_wins(installation):
    for _ in range(10):
        errand = Errand.objects.claim(Errand.objects.create().pk)
        ends = iter([partial(finished, errand), Errand.objects.get(pk=errand.pk).cancel])
        together(2, lambda ends=ends: next(ends)())
        errand.refresh_from_db()
        assert errand.status in (Status.DONE, Status.CANCELLED)
        assert [attempt.outcome for attempt in errand.attempts] == [errand.status]


def finished(job):
    with suppress(LeaseLost):
        job.finish()
