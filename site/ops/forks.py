"""Processes that can be stopped from their first moment.

A forked child has its parent's signal handlers until it sets its own or becomes another program. A SIGTERM in between
would be noted where nobody looks, and whoever sent it would wait until it sends SIGKILL. Here such a child just ends.
"""

import os
import signal

STOP = {signal.SIGTERM, signal.SIGINT}


def hold():
    """Keep signals to stop until `listen`, in this process and in what it becomes (execve(2))."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)


def listen():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)


def guard():
    """From now on, for every fork of this process."""
    os.register_at_fork(before=hold, after_in_parent=listen, after_in_child=_start_afresh)


def _start_afresh():
    for signum in STOP:
        signal.signal(signum, signal.SIG_DFL)
    listen()
