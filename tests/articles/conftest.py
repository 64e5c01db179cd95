import pytest

from tests.mail.conftest import running_server, server, use  # noqa: F401  (fixtures)


@pytest.fixture
def at_once(django_capture_on_commit_callbacks):
    """`with at_once():` what commits within it rings its jobs, which run at the end of the block, mail included."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
