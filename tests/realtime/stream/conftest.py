import pytest

from realtime import hub
from realtime.models import Event
from tests.cast import make_cast


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(hub, "EVERY", 0.02)
    monkeypatch.setattr(hub, "ACCESS_EVERY", 0.1)


@pytest.fixture(scope="module")
def cast(installation):
    return make_cast()


@pytest.fixture(autouse=True)
def nothing_told(cast):
    yield
    Event.objects.all().delete()
