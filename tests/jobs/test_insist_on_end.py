"""What a job has achieved is written down as soon as the database can be written, not done again after the lease."""

import time

import pytest

from tests.consumer import fill_disk, free_disk, history, is_done, until
from tests.kinds.models import Errand, Note

pytestmark = pytest.mark.slow


def end_while_the_disk_is_full(job, pid):
    fill_disk(pid)
    time.sleep(2)  # it has ended meanwhile, and could not say so
    job.refresh_from_db()
    assert (job.status, job.result, history(job)) == ("running", "", [])
    free_disk(pid)
    until(lambda: is_done(job), 5)
    assert (job.result, history(job)) == ("well done", ["done"])


def test_it_works(installation):
    """A thread of `emails`."""
    with installation.consumer("emails") as consumer:
        note = Note.objects.create(action="hang_and_answer", argument="0.5")
        until(lambda: is_running(note))
        end_while_the_disk_is_full(note, consumer.pid)


def test_a_worker_process_insists_too(installation):
    with installation.consumer("exports", workers=1):
        errand = Errand.objects.create(action="hang_and_answer", argument="0.5")
        until(lambda: is_running(errand))
        end_while_the_disk_is_full(errand, int(errand.worker.split(":")[1]))


def test_a_connection_that_has_come_to_be_of_no_use_is_replaced(installation):
    with installation.consumer("emails"):
        note = Note.objects.create(action="spoil_connection", argument="well done")
        until(lambda: is_done(note), 5)
    assert (note.result, history(note)) == ("well done", ["done"])


def test_a_consumer_that_is_stopped_meanwhile_does_not_wait_for_the_lease(installation):
    with installation.consumer("emails") as consumer:
        note = Note.objects.create(action="hang_and_answer", argument="0.5")
        until(lambda: is_running(note))
        fill_disk(consumer.pid)
        time.sleep(1)
        consumer.kill()
        consumer.wait()
    with installation.consumer("emails"):
        until(lambda: is_done(note), 10)
    assert history(note) == ["died", "done"]


def is_running(job):
    job.refresh_from_db()
    return job.status == "running"
