"""Real consumers, a real mail server and a real webhook: the death of one consumer is told by the other."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from config.queues import QUEUES
from jobs.models import ConsumerProcess
from mail.models import Email
from ops.models import Alert, Webhook
from ops.tasks import watches
from tests.cast import make_user
from tests.consumer import kill, until

pytestmark = pytest.mark.slow


@pytest.fixture
def told(server, webhook, installation):
    """The mail server and the webhook, which consumers of the installation use, and Olga, who operates it."""
    address = f"smtp://localhost:{server.port}"
    installation.environment |= {"EMAIL_URL": address, "EMAIL_TIMEOUT": "1", "ALERT_WEBHOOK_URL": webhook.url}
    make_user("Olga", is_staff=True)
    yield server, webhook
    for model in Email, Webhook, Alert, ConsumerProcess, User:
        model.objects.all().delete()


def ago(**time):
    return timezone.now() - timedelta(**time)


def states(webhook, key):
    """What the webhook has heard of the key, in that order."""
    return [alert["state"] for payload in webhook.payloads for alert in payload["alerts"] if alert["key"] == key]


@pytest.mark.parametrize("dead", list(QUEUES))
def test_it_works(told, installation, dead):
    server, webhook = told
    (living,) = QUEUES.keys() - {dead}
    key, look = f"consumer:{dead}", watches[living]  # which rings as the clock does each minute
    with installation.consumer(living, workers=1):  # so that one look comes after the other
        with installation.consumer(dead) as consumer:
            until(lambda: ConsumerProcess.objects.count() == 2)
            kill(consumer.pid)
            consumer.wait()
        died = timezone.now()
        look()
        until(lambda: Alert.objects.filter(key=key, last_seen__gt=died).exists())
        assert not states(webhook, key)

        # A minute later.
        ConsumerProcess.objects.filter(queue=dead).update(seen_at=ago(minutes=1))
        Alert.objects.update(since=ago(minutes=1))
        look()
        by_living = (lambda: states(webhook, key)) if living == "exports" else (lambda: server.messages)
        until(by_living)
        assert Alert.objects.get(key=key).severity == "critical"

        # Another minute later: what lies in the dead one's queue is sent as well.
        for lying in Email.objects.filter(status="pending"), Webhook.objects.filter(status="pending"):
            lying.update(run_after=ago(minutes=2))
        look()
        until(lambda: states(webhook, key) == ["new"] and len(server.messages) == 1)
        assert f"The consumer of {dead} has been silent" in server.messages[0]["Subject"]

        # It is back, and some minutes go by.
        with installation.consumer(dead):
            until(lambda: ConsumerProcess.objects.alive().count() == 2)
            Alert.objects.update(last_seen=ago(minutes=5))
            look()
            until(lambda: states(webhook, key) == ["new", "ended"] and len(server.messages) == 2)
            until(lambda: not any(jobs.objects.not_done().exists() for jobs in (Email, Webhook)))
    assert server.messages[1]["Subject"].strip().startswith("Well again: ")
