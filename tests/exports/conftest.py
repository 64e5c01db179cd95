import pytest

from config.queues import exports


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """The folder of the test's own files."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def no_worker(immediate_queues):
    """Jobs stay pending until the test runs them."""
    exports.immediate = False
