"""The queue's files are deleted under a running system: nothing is lost."""

import pytest

from tests.consumer import is_done, is_running, until
from tests.kinds.models import Errand


@pytest.mark.slow
def test_it_works(installation, monkeypatch, tmp_path):
    monkeypatch.setitem(installation.environment, "TEST_MINUTE", "1")
    lines = tmp_path / "lines"
    with installation.consumer("exports", workers=2):
        busy = [Errand.objects.create(action="count", argument="1") for _ in range(2)]
        until(lambda: all(is_running(errand) for errand in busy))
        waiting = [Errand.objects.create(action="note", argument=str(lines)) for _ in range(20)]
        files = installation.queue_files("exports")
        assert [file.name.removeprefix("queue-exports.sqlite3") for file in files] == ["", "-shm", "-wal", ".wake"]
        for file in files:
            file.unlink()
        new = Errand.objects.create(action="answer", argument="prompt")
        until(lambda: is_done(new), 5)  # rung as ever
        until(lambda: all(is_done(errand) for errand in [*busy, *waiting]), 15)  # rung by a sweep
    assert sorted(map(int, lines.read_text().split())) == [errand.pk for errand in waiting]
