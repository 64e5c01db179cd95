import pytest

from config.queues import QUEUES
from jobs.schedules import open_due_slots
from ops.health import queues
from tests.ops.builders import make_consumer


@pytest.fixture(autouse=True)
def running(settings, monkeypatch):
    """An installation in which all is well: consumers of this release, schedules, and a mail server."""
    monkeypatch.setattr(queues, "serving_since", None)
    settings.EMAIL_TRANSPORT = "mail.smtp.EmailBackend"
    for queue in QUEUES:
        make_consumer(queue)
    open_due_slots()
