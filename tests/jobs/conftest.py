import pytest
import time_machine
from huey.storage import MemoryStorage

from config.queues import QUEUES
from jobs.schedules import open_due_slots, registry, schedule
from tests.kinds.models import Errand


@pytest.fixture
def run_job(db, django_capture_on_commit_callbacks):
    """Makes an errand (or another kind of job) that runs at once; gives it as it is afterwards."""

    def run_job(kind=Errand, **columns):
        with django_capture_on_commit_callbacks(execute=True):
            job = kind.objects.create(**columns)
        job.refresh_from_db()
        return job

    return run_job


@pytest.fixture
def waiting_queues(immediate_queues):
    """The queues hold their messages, and nobody takes them out. Gives them by name."""
    for name, queue in QUEUES.items():
        queue.immediate = False
        queue.storage = MemoryStorage(name)
    return QUEUES


@pytest.fixture
def declare():
    """Declares schedules for one test, in place of the product's; gives the list of the names that ran."""
    product, ran = dict(registry), []
    registry.clear()

    def declare(name, cron, **options):
        registry.pop(name, None)
        schedule(cron, name=name, **options)(lambda: ran.append(name))

    declare.ran = ran
    yield declare
    registry.clear()
    registry.update(product)


@pytest.fixture
def at(db, django_capture_on_commit_callbacks):
    """Looks at the schedules at some moments, as a consumer does each minute; due runs are run."""

    def at(*moments):
        for moment in moments:
            with time_machine.travel(moment, tick=False), django_capture_on_commit_callbacks(execute=True):
                open_due_slots()

    return at
