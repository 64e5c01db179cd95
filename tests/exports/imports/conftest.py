import pytest


@pytest.fixture
def program(cast, visit):
    """A program of Carol's, which is answered in JSON."""
    return visit(cast.carol).client


@pytest.fixture
def browser(cast, visit):
    """Carol's browser."""
    return visit(cast.carol, "text/html").client
