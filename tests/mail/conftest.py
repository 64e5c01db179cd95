import pytest

from config.environment import email_settings
from mail import transport
from tests.smtp import MailServer


@pytest.fixture(scope="module")
def running_server():
    with MailServer() as server:
        yield server


@pytest.fixture
def use(settings, monkeypatch):
    """Call it with an EMAIL_URL: mail goes there, on new connections, and gives up after half a second."""

    def use(url):
        for name, value in email_settings(url).items():
            setattr(settings, name, value)
        settings.EMAIL_TIMEOUT = 0.5

    pool = transport.Pool()
    monkeypatch.setattr(transport, "pool", pool)
    settings.EMAIL_BACKEND = "mail.backends.OutboxBackend"  # Django's test runner has put its own there
    yield use
    pool.close()


@pytest.fixture
def server(running_server, use):
    """A mail server, and Roost set to use it."""
    running_server.reset()
    use(f"smtp://localhost:{running_server.port}")
    return running_server
