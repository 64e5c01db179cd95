import sys
import time
import uuid

from django.core.management.base import BaseCommand

from config.queues import QUEUES
from jobs.tasks import pong

#: Seconds to wait for an answer.
PATIENCE = 5


class Command(BaseCommand):
    help = "Send a message through each queue and print how long the answer took; exit 1 where none came within 5 s."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--queue", choices=sorted(QUEUES), help="only this queue (default: each)")

    def handle(self, *, queue, **options):
        silent = [name for name in ([queue] if queue else QUEUES) if not self.ping(name)]
        if silent:
            sys.exit(1)

    def ping(self, name):
        queue, key = QUEUES[name], f"ping:{uuid.uuid4().hex}"
        queue.put(key, False)
        start = time.perf_counter()
        pong[name](key)
        while not (answered := queue.get(key, peek=True)) and time.perf_counter() - start < PATIENCE:
            time.sleep(0.001)
        took = time.perf_counter() - start
        queue.delete(key)
        if answered:
            self.stdout.write(f"{name}: {took * 1000:.1f} ms")
        else:
            self.stderr.write(
                f"{name}: no answer within {PATIENCE} s. Either its consumer is not running (start it with “manage.py "
                f"run_huey --queue {name}”) or all its workers are busy."
            )
        return answered
