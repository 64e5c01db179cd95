import pytest

from jobs.schedules import open_due_slots
from ops.health import queues
from tests.ops.builders import make_consumer
from tests.ops.doctor.examining import use
from tests.smtp import MailServer


@pytest.fixture(autouse=True)
def running(settings, monkeypatch):
    """Consumers of this release, and schedules."""
    monkeypatch.setattr(queues, "serving_since", None)
    settings.EMAIL_BACKEND = "mail.backends.OutboxBackend"
    for queue in "emails", "exports":
        make_consumer(queue)
    open_due_slots()


@pytest.fixture
def server(settings):
    """A mail server that asks for a password, which the settings know."""
    with MailServer(password="right") as server:
        use(settings, f"smtp://roost:right@localhost:{server.port}")
        yield server
