"""SIGUSR2 has a consumer say where its threads are, and go on."""

import os
import signal
import time

from tests.consumer import is_done, until
from tests.kinds.models import Note


def test_it_works(installation):
    with installation.consumer("emails") as consumer:
        note = Note.objects.create(action="hang_and_answer", argument="1.5")

        def says_where_it_hangs():
            os.kill(consumer.pid, signal.SIGUSR2)
            time.sleep(0.1)
            return "in do_hang_and_answer" in installation.log.read_text()

        until(says_where_it_hangs)
        until(lambda: is_done(note))
