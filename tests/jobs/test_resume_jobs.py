"""Processes are killed and files deleted; the work goes on, once, and its history tells what happened."""

import pickle

import pytest

from config.queues import QUEUES
from tests.consumer import has_failed, history, is_done, is_running, kill, pid_of, until
from tests.jobs.bomb import Bomb
from tests.kinds.models import Errand


@pytest.fixture(scope="module")
def consumer(installation):
    with installation.consumer("exports") as process:
        yield process


def test_it_works(installation, consumer):
    errand = Errand.objects.create(action="answer", argument="here")
    until(lambda: is_done(errand))
    assert (errand.result, errand.attempt, history(errand)) == ("here", 1, ["done"])


def test_a_job_whose_worker_is_killed_runs_again_within_five_seconds(installation, consumer):
    errand = Errand.objects.create(action="count", argument="1.2")
    until(lambda: is_running(errand))
    kill(pid_of(errand))
    until(lambda: is_done(errand), 5 + 1.2)
    assert history(errand) == ["died", "done"]
    assert errand.attempts.first().error == "The worker died."


def test_a_job_that_kills_its_worker_each_time_fails_and_harms_no_other(installation, consumer, tmp_path):
    poison = Errand.objects.create(action="kill")
    others = [Errand.objects.create(action="note", argument=str(tmp_path / "lines")) for _ in range(20)]

    until(lambda: has_failed(poison))
    assert history(poison) == ["died"] * Errand.max_attempts
    assert poison.error == "The worker died. (given up after 3 attempts)"
    until(lambda: all(is_done(other) for other in others))
    assert sorted(map(int, (tmp_path / "lines").read_text().split())) == sorted(other.pk for other in others)


def test_a_queue_deleted_under_a_running_system_loses_nothing(installation, consumer, tmp_path):
    busy = [Errand.objects.create(action="count", argument="1") for _ in range(2)]
    until(lambda: all(is_running(errand) for errand in busy))
    waiting = [Errand.objects.create(action="note", argument=str(tmp_path / "lines")) for _ in range(20)]
    files = installation.queue_files("exports")
    assert [file.name.removeprefix("queue-exports.sqlite3") for file in files] == ["", "-shm", "-wal", ".wake"]
    for file in files:
        file.unlink()
    new = Errand.objects.create(action="answer", argument="prompt")
    until(lambda: is_done(new), 5)
    until(lambda: all(is_done(errand) for errand in [*busy, *waiting]), 15)
    assert sorted(map(int, (tmp_path / "lines").read_text().split())) == [errand.pk for errand in waiting]


def test_a_pickle_in_the_queue_is_refused_and_the_consumer_lives_on(installation, consumer, tmp_path):
    storage = QUEUES["exports"].storage
    storage.enqueue(pickle.dumps(Bomb(tmp_path / "bombed")))
    errand = Errand.objects.create(action="answer", argument="still here")
    until(lambda: is_done(errand))
    until(lambda: "Error reading from queue" in installation.log.read_text())
    assert not (tmp_path / "bombed").exists()
    assert storage.queue_size() == 0
