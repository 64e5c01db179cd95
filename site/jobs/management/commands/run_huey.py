import os
import signal
import subprocess
import sys

from django.core.management.base import BaseCommand

from config import lock
from config.queues import QUEUES


class Command(BaseCommand):
    help = "Run the consumer of one queue, or of each queue as a process of its own."
    requires_system_checks = []  # `prepare` has made them; a restart after a death must not wait for them

    def add_arguments(self, parser):
        parser.add_argument("--queue", choices=sorted(QUEUES), help="the queue to work on (default: all)")
        parser.add_argument("--workers", type=int, help="how many jobs run at once (default: the queue's own number)")

    def handle(self, *, queue, workers, **options):
        if workers is not None and workers < 1:
            self.stderr.write("--workers must be at least 1.")
            sys.exit(2)
        if queue is None:
            sys.exit(run_all(workers))
        from jobs.consumer import Consumer

        lock.share()
        consumer = Consumer(QUEUES[queue], **({"workers": workers} if workers else {}))
        consumer.run()


def run_all(workers):
    """One child a queue; when one ends, or we are told to, all end. Returns the exit code."""
    from jobs.consumer import die_with

    arguments = ["--workers", str(workers)] if workers else []
    command = [sys.executable, sys.argv[0], "run_huey", *arguments, "--queue"]
    awaited = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)  # none is lost, none comes in between
    us = os.getpid()

    def in_child():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
        die_with(us, signal.SIGTERM)

    # A group of its own: Ctrl-C reaches us, and we tell the children once.
    children = [
        subprocess.Popen([*command, queue], process_group=0, preexec_fn=in_child)  # noqa: S603
        for queue in QUEUES
    ]
    signal.sigwait(awaited)
    for child in children:
        child.terminate()
    return max(abs(child.wait()) for child in children)
