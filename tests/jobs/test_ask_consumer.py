"""SIGUSR2 has a consumer say where its threads are, and go on."""

import os
import signal
import time

import pytest

from tests.consumer import is_done, until
from tests.kinds.models import Note

pytestmark = pytest.mark.slow


def test_it_works(installation):
    with installation.consumer("emails") as consumer:
        note = Note.objects.create(action="hang_and_answer", argument="3")

        def says_where_it_hangs():
            os.kill(consumer.pid, signal.SIGUSR2)
            time.sleep(0.1)
            return "in do_hang_and_answer" in installation.log.read_text()

        until(says_where_it_hangs)
        until(lambda: is_done(note))


def test_it_does_not_mind_being_asked_all_the_time(installation):
    with installation.consumer("emails") as consumer:
        notes = [Note.objects.create(action="count", argument="0.2") for _ in range(20)]

        def all_are_done():
            for _ in range(20):
                os.kill(consumer.pid, signal.SIGUSR2)
                time.sleep(0.005)
            return all(is_done(note) for note in notes)

        until(all_are_done)
        assert consumer.poll() is None
