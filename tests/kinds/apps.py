import os

from django.apps import AppConfig


class KindsConfig(AppConfig):
    name = "tests.kinds"

    def ready(self):
        from huey.consumer import Scheduler

        from jobs import consumer
        from mail import transport

        # Seconds for which production waits, and a test cannot. The minute between two sweeps stays one, lest a sweep
        # do what is to happen at once; a test that waits for the sweep makes it shorter.
        consumer.GRACE = 2
        consumer.HARD_LIMIT_GRACE = 1
        Scheduler.periodic_task_seconds = int(os.environ.get("TEST_MINUTE", "60"))
        transport.LEAVE_ALONE = 1
