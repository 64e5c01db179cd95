import pytest

from articles.models import Status
from tests.articles.builders import browser, make_article
from tests.mail.conftest import running_server, server, use  # noqa: F401  (fixtures)


@pytest.fixture
def at_once(django_capture_on_commit_callbacks):
    """`with at_once():` what commits within it rings its jobs, which run at the end of the block, mail included."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def draft(cast):
    """An article of Carol, a member, that nobody else sees."""
    return make_article(cast.acme, cast.carol, "Plan", status=Status.DRAFT)


@pytest.fixture
def carol(cast):
    """The browser in which she is signed in."""
    return browser(cast.carol)
