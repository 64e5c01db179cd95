from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from huey.storage import MemoryStorage

from config.queues import QUEUES
from config.release import RELEASE
from jobs.models import ConsumerProcess
from jobs.sweep import sweep
from ops import health
from ops.tasks import watches
from tests.mail.conftest import running_server, server, use  # noqa: F401  (fixtures)
from tests.webhook import WebhookServer

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def operator(cast):
    """Carol operates the installation."""
    cast.carol.is_staff, cast.carol.time_zone = True, "Europe/Berlin"
    cast.carol.save()
    return cast.carol


@pytest.fixture(scope="module")
def running_webhook():
    with WebhookServer() as webhook:
        yield webhook


@pytest.fixture
def webhook(running_webhook, settings):
    """A webhook, and Roost set to use it."""
    running_webhook.reset()
    settings.ALERT_WEBHOOK_URL = running_webhook.url
    return running_webhook


class Installation:
    """An installation in time. The consumers of the queues in `alive` give signs of life, look each minute and work."""

    def __init__(self, clock, run_on_commit):
        self.clock, self.run_on_commit = clock, run_on_commit
        self.alive = set(QUEUES)

    def kill(self, name):
        self.alive.remove(name)
        QUEUES[name].immediate, QUEUES[name].storage = False, MemoryStorage(name)

    def start(self, name):
        self.alive.add(name)
        QUEUES[name].immediate = True

    def run(self, minutes=1):
        """Let so many minutes go by: those who live look once in each, and what is due runs."""
        for _ in range(minutes):
            self.clock.shift(timedelta(minutes=1))
            for name in sorted(self.alive):
                row = {"queue": name, "release": RELEASE, "seen_at": timezone.now()}
                ConsumerProcess.objects.update_or_create(identity=f"elsewhere:{name}:1", defaults=row)
            for name in sorted(self.alive):
                with self.run_on_commit(execute=True):
                    sweep(name)
                    watches[name]()


@pytest.fixture
def running(db, time_machine, django_capture_on_commit_callbacks):
    """A running Installation, on a Monday at noon. Parts that are of this machine, its disk say, are not looked at."""
    time_machine.move_to(NOON - timedelta(minutes=1), tick=False)
    everything = list(health.LOOKS)
    ours = ("consumer", "queue", "outbox", "alerts")
    health.LOOKS[:] = [look for look in everything if look.name.partition(":")[0] in ours]
    installation = Installation(time_machine, django_capture_on_commit_callbacks)
    installation.run()
    yield installation
    health.LOOKS[:] = everything
