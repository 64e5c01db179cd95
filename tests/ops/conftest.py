import pytest

from tests.mail.conftest import running_server, server, use  # noqa: F401


@pytest.fixture
def operator(client, cast):
    """Alice's browser; she operates the installation."""
    cast.alice.is_staff = True
    cast.alice.save()
    client.force_login(cast.alice)
    return client
