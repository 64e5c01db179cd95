import pytest
from django.test import Client

from orgs.models import Invitation, Role, bulk_edit
from tests.cast import make_task


@pytest.fixture
def browser():
    """browser(user) is a browser in which they are signed in: a client that asks for pages."""

    def open_browser(user):
        client = Client(headers={"accept": "text/html"})
        client.force_login(user)
        return client

    return open_browser


@pytest.fixture
def carol(cast, browser):
    """The browser of Carol, a member."""
    return browser(cast.carol)


@pytest.fixture
def program(client, cast):
    """A program of Carol's, which is answered in JSON."""
    client.force_login(cast.carol)
    return client


@pytest.fixture
def bob(cast, browser):
    """The browser of Bob, an admin."""
    return browser(cast.bob)


@pytest.fixture
def invitation(cast):
    """Bob's invitation of Erin as a member."""
    return Invitation.send(cast.acme, "erin@acme.test", Role.MEMBER, cast.bob)


@pytest.fixture
def tasks(cast):
    """Four tasks of Acme that are open, of normal priority and nobody's."""
    return [make_task(cast.acme, f"Task {number}") for number in range(4)]


@pytest.fixture
def small_batches(monkeypatch):
    """What needs more than two tasks is a job."""
    monkeypatch.setattr(bulk_edit, "BATCH", 2)
