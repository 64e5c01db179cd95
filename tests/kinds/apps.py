from django.apps import AppConfig


class KindsConfig(AppConfig):
    name = "tests.kinds"

    def ready(self):
        from huey.consumer import Scheduler

        from jobs import consumer
        from mail import transport

        # Seconds for which production waits, and a test cannot.
        consumer.GRACE = 2
        consumer.HARD_LIMIT_GRACE = 1
        Scheduler.periodic_task_seconds = 1
        transport.LEAVE_ALONE = 1
