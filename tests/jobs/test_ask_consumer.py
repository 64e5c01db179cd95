"""SIGUSR2 has a consumer say where its threads are, and go on."""

import os
import signal

from tests.consumer import is_done, until
from tests.kinds.models import Note


def test_it_works(installation):
    with installation.consumer("emails") as consumer:
        note = Note.objects.create(action="hang_and_answer", argument="1")
        until(lambda: started(note))
        os.kill(consumer.pid, signal.SIGUSR2)
        until(lambda: "in do_hang_and_answer" in installation.log.read_text())
        until(lambda: is_done(note))


def started(job):
    job.refresh_from_db()
    return job.status == "running"
