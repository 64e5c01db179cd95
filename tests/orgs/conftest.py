from contextlib import contextmanager

import pytest
from django.db import connection
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
def meanwhile():
    """with meanwhile(change, before="SELECT"): somebody else's `change` comes just before the first such statement."""

    @contextmanager
    def interfere(change, before):
        pending = [change]

        def watch(execute, sql, *arguments):
            if pending and sql.startswith(before):
                pending.pop()()
            return execute(sql, *arguments)

        with connection.execute_wrapper(watch):
            yield
        assert not pending

    return interfere
