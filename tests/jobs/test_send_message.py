"""Messages: JSON through a SQLite file that may be deleted, and nothing that runs code when it is read."""

import json
import os
import pickle
import sqlite3
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from huey.utils import utcnow

from config.queues import QUEUES, WakingSqliteStorage
from tests.consumer import until
from tests.jobs.bomb import Bomb
from tests.kinds.tasks import run_errand, run_note


@pytest.fixture
def queue(waiting_queues, tmp_path):
    """The queue of exports, in a file of the test's own."""
    queue = waiting_queues["exports"]
    queue.storage = WakingSqliteStorage("exports", str(tmp_path / "queue.sqlite3"), wait=0.01)
    yield queue
    queue.storage.close()


def in_file(queue, statement, *parameters):
    """What another process would do to the queue's file."""
    connection = sqlite3.connect(queue.storage.filename, isolation_level=None)
    rows = connection.execute(statement, parameters).fetchall()
    connection.close()
    return rows


def put(queue, data):
    in_file(queue, "INSERT INTO task (queue, data) VALUES ('exports', ?)", data)


def test_it_works(queue):
    run_errand(7)
    message = queue.dequeue()
    assert (type(message), list(message.args), message.kwargs) == (run_errand.task_class, [7], {})
    assert queue.dequeue() is None


def test_what_is_taken_while_the_consumer_stops_is_left_to_the_next_one(queue, monkeypatch):
    run_errand(7)
    monkeypatch.setattr(queue, "is_stopping", lambda: True)
    assert queue.dequeue() is None
    monkeypatch.undo()
    assert list(queue.dequeue().args) == [7]


def test_a_message_is_json(queue):
    run_errand(7)
    ((data,),) = in_file(queue, "SELECT data FROM task")
    message = json.loads(data)["message"]
    assert (message["name"], message["args"]) == ("tests.kinds.tasks.run_errand", [7])


def test_a_message_for_later_keeps_its_time(queue):
    later = datetime.now(UTC) + timedelta(days=1, microseconds=123)
    run_errand.schedule((7,), eta=later, priority=3, timeout=60)
    message = queue.dequeue()
    assert message.eta == later.replace(tzinfo=None)
    assert (message.priority, message.timeout) == (3, 60)
    queue.execute(message)
    assert queue.read_schedule() == []
    (scheduled,) = queue.read_schedule(utcnow() + timedelta(days=2))
    assert (scheduled.id, scheduled.eta, list(scheduled.args)) == (message.id, message.eta, [7])


@pytest.mark.parametrize("argument", [object(), {1, 2}, b"bytes", datetime(2026, 11, 23, tzinfo=UTC)], ids=type)
def test_an_argument_that_json_cannot_say_is_refused_at_once(queue, argument):
    with pytest.raises(TypeError):
        run_errand(argument)
    assert queue.pending_count() == 0


def test_what_a_message_would_lose_is_refused_at_once(queue):
    with pytest.raises(TypeError, match="A message of ours has no on_complete"):
        queue.enqueue(run_errand.s(1).then(run_errand.s(2)))
    with pytest.raises(TypeError, match="A message of ours has no expires and no expires_resolved"):
        queue.enqueue(run_errand.s(1, expires=60))
    assert queue.pending_count() == 0


def test_a_pickle_is_refused_and_never_run(queue, tmp_path):
    run_errand(1)
    put(queue, pickle.dumps(Bomb(tmp_path / "bombed")))
    run_errand(2)
    assert list(queue.dequeue().args) == [1]
    with pytest.raises(ValueError, match="codec can't decode"):
        queue.dequeue()
    assert list(queue.dequeue().args) == [2]
    assert not (tmp_path / "bombed").exists()


def test_a_pickle_among_the_scheduled_is_refused_and_logged(queue, tmp_path, caplog):
    run_errand.schedule((1,), delay=3600)
    queue.execute(queue.dequeue())
    bomb = pickle.dumps(Bomb(tmp_path / "bombed"))
    in_file(queue, "INSERT INTO schedule (queue, data, timestamp) VALUES ('exports', ?, 0)", bomb)
    (message,) = queue.read_schedule(utcnow() + timedelta(days=1))
    assert list(message.args) == [1]
    assert "Unable to deserialize task" in caplog.text
    assert not (tmp_path / "bombed").exists()


JUNK = [
    b"",
    b"null",
    b"7",
    b"[]",
    b"{}",
    b'"text"',
    b"{not json",
    b'{"message": 7}',
    b'{"message": {}}',
    b'{"message": {"name": "os.system", "args": ["true"]}}',
    b'{"message": {"name": "tests.kinds.tasks.run_note", "args": [1]}}',  # of the other queue
    b'{"message": {"name": "tests.kinds.tasks.run_errand", "on_complete": {}}}',
    b'{"message": {"name": "tests.kinds.tasks.run_errand", "eta": "tomorrow"}}',
    b'{"message": {"name": "tests.kinds.tasks.run_errand", "eta": 7}}',
    b"[" * 100_000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("data", JUNK, ids=lambda data: ascii(data[:60]))
def test_junk_is_refused_and_the_next_message_comes(queue, data):
    queue.pending_count()  # makes the file
    put(queue, data)
    run_errand(2)
    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever it is: Huey's worker logs it and goes on)
        queue.dequeue()
    assert list(queue.dequeue().args) == [2]


def test_each_message_is_taken_once(queue):
    storages = [WakingSqliteStorage("exports", queue.storage.filename, wait=0.01) for _ in range(3)]
    for number in range(200):
        queue.storage.enqueue(str(number).encode())
    taken = []

    def take(storage):
        while (data := storage.dequeue()) is not None:
            taken.append(int(bytes(data)))

    threads = [Thread(target=take, args=[storage]) for storage in storages for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for storage in storages:
        storage.close()
    assert Counter(taken) == Counter(range(200))


def test_messages_come_in_their_order(queue):
    for number in range(5):
        run_errand(number)
    run_errand.schedule((5,), delay=-1, priority=9)
    assert [list(queue.dequeue().args) for _ in range(6)] == [[5], [0], [1], [2], [3], [4]]


def test_an_idle_worker_is_woken(queue):
    """The storage looks at an idle queue once in ten minutes: what comes sooner was woken."""
    storage = WakingSqliteStorage("exports", queue.storage.filename, wait=600)
    taken = []
    worker = Thread(target=lambda: [taken.append(storage.dequeue()) for _ in range(3)], daemon=True)
    worker.start()
    for number in range(1, 4):
        time.sleep(0.05)  # until it sleeps: it is to be woken
        run_errand(number)
        until(lambda number=number: len(taken) == number)
    worker.join()
    storage.close()
    assert [json.loads(bytes(data))["message"]["args"] for data in taken] == [[1], [2], [3]]


def test_a_deleted_file_is_made_anew_by_whoever_has_it_open(queue):
    def opened():
        return WakingSqliteStorage("exports", queue.storage.filename, wait=0.01)

    web, worker = opened(), opened()
    web.enqueue(b"1")
    assert bytes(worker.dequeue()) == b"1"
    for name in ("", "-shm", "-wal", ".wake"):
        os.unlink(queue.storage.filename + name)
    new = opened()
    assert new.dequeue() is None
    web.enqueue(b"2")
    assert bytes(new.dequeue()) == b"2"
    new.enqueue(b"3")
    assert bytes(worker.dequeue()) == b"3"
    for storage in (web, worker, new):
        storage.close()


def test_a_full_pipe_keeps_nobody_from_sending(queue):
    assert queue.dequeue() is None  # makes the pipe
    for _ in range(70):
        queue.storage.wake(1000)
    run_errand(1)
    assert queue.dequeue()


def test_nobody_listening_keeps_nobody_from_sending(queue):
    os.mkfifo(queue.storage.pipe)
    run_errand(1)
    assert queue.pending_count() == 1


def test_a_queue_has_its_own_functions():
    assert run_errand.huey is QUEUES["exports"]
    assert run_note.huey is QUEUES["emails"]
