import pytest
from django.test import Client


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
