"""Several processes write one log file: no line is torn, lost or kept for ever, and no trouble with it reaches them."""

import json
import logging
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs import log
from jobs.log import files

ROOT = Path(__file__).resolve().parents[2]

WRITER = """
import logging, sys, os
sys.path.insert(0, "site")
from jobs import log
from jobs.log import files
files.LOOK = 0
handler = log.SharedFileHandler(sys.argv[1], int(sys.argv[2]))
handler.setFormatter(log.JSONFormatter("test"))
logging.getLogger().addHandler(handler)
for number in range(int(sys.argv[4])):
    logging.getLogger("jobs").warning("%s %s %s", sys.argv[3], number, "x" * (number % 500))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "roost.jsonl"


@pytest.fixture
def logger(path):
    """logger(size) is one that writes to the file; `logger.said` is what the handler had to say of its trouble."""
    made = logging.getLogger("tests.log_file")
    made.propagate, said = False, []
    watched = logging.getLogger("log")

    class Said(logging.Handler):
        def emit(self, record):
            said.append(record.getMessage())

    def build(size=10_000_000):
        handler = log.SharedFileHandler(path, size)
        handler.setFormatter(log.JSONFormatter("test"))
        made.addHandler(handler)
        build.handler = handler
        return made

    listener = Said()
    watched.addHandler(listener)
    watched.propagate = False
    build.said = said
    yield build
    watched.removeHandler(listener)
    watched.propagate = True
    made.removeHandler(build.handler)
    build.handler.close()


def entries(path):
    """What all files say, the oldest first. Every line must be whole."""
    parts = [part for part in reversed(files.kept(path)) if part.exists()]
    return [json.loads(line) for part in parts for line in part.read_bytes().splitlines() if line]


def messages(path):
    return [entry["message"] for entry in entries(path)]


def test_it_works(logger, path):
    with log.following("a-request", job="kinds.note:5", attempt=2, user=7, organization=3):
        logger().warning("It is %s", "said")
    (entry,) = entries(path)
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "WARNING",
        "logger": "tests.log_file",
        "program": "test",
        "message": "It is said",
        "request_id": "a-request",
        "job": "kinds.note:5",
        "attempt": 2,
        "user": 7,
        "organization": 3,
    }


def test_nobody_else_may_read_it(logger, path):
    mask = os.umask(0o022)
    try:
        logger().warning("said")
    finally:
        os.umask(mask)
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_processes_do_not_tear_each_others_lines_and_lose_none(path):
    """While they move the file aside at the same moments: all look at it before each line."""
    size, count = 2_500_000, 1500
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(size), name, str(count)], cwd=ROOT)
        for name in "abcd"
    ]
    assert [writer.wait(50) for writer in writers] == [0, 0, 0, 0]
    assert (path.parent / "roost.jsonl.1").exists()  # it has been moved aside
    written = [message.split()[:2] for message in messages(path)]
    for name in "abcd":
        assert [number for who, number in written if who == name] == [str(number) for number in range(count)]


def test_it_never_takes_more_than_its_size(logger, path, monkeypatch):
    monkeypatch.setattr(files, "LOOK", 0)
    said = logger(50_000)
    for number in range(1000):
        said.warning("%s %s", number, "x" * 100)
    sizes = {part.name: part.stat().st_size for part in path.parent.iterdir()}
    assert sorted(sizes) == ["roost.jsonl", *(f"roost.jsonl.{number}" for number in range(1, 5))]
    assert sum(sizes.values()) < 51_500
    numbers = [int(message.split()[0]) for message in messages(path)]
    assert numbers == list(range(numbers[0], 1000))  # the newest ones, without a gap
    assert numbers[0] > 500


def test_a_file_that_was_moved_or_deleted_is_made_anew(logger, path, monkeypatch):
    monkeypatch.setattr(files, "LOOK", 0)
    said = logger()
    said.warning("one")
    path.rename(path.with_name("elsewhere"))
    said.warning("two")
    assert messages(path) == ["two"]
    path.unlink()
    path.parent.joinpath("elsewhere").unlink()
    path.parent.rmdir()
    said.warning("three")
    assert messages(path) == ["three"]


def test_it_does_not_look_at_the_file_for_each_line(logger, path):
    said = logger()
    said.warning("one")
    path.rename(path.with_name("elsewhere"))
    said.warning("two")
    assert not path.exists()
    assert path.with_name("elsewhere").read_text().count("\n") == 2


def test_a_folder_that_cannot_be_written_is_told_once_and_costs_nothing_else(logger, path, monkeypatch):
    monkeypatch.setattr(files, "LOOK", 0)
    path.parent.write_text("a file where the folder should be")
    said = logger()
    said.warning("one")
    said.warning("two")
    assert logger.said == [f"{path} cannot be written: Not a directory. Lines are missing in it until it can."]
    path.parent.unlink()
    said.warning("three")
    assert messages(path) == ["three"]


def test_a_full_disk_costs_lines_and_nothing_else(logger, path):
    """It takes a part of a line, then nothing, then there is room again.

    The kernel's limit for a file does the same.
    """
    said = logger()
    said.warning("before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, limits[1]))
    try:
        for word in ("cut", "lost", "lost"):
            said.warning(word)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said.warning("after")
    assert logger.said == [f"{path} cannot be written: File too large. Lines are missing in it until it can."]
    first, cut, *empty, last = path.read_text().splitlines()
    assert not any(empty)
    assert json.loads(first)["message"] == "before"
    assert len(cut) == 20
    assert json.loads(last)["message"] == "after"


def test_a_wrong_call_of_the_logger_is_shown_and_not_raised(logger, path, capsys):
    logger()
    handler = logger.handler
    wrong = {"msg": "%s and %s", "args": ("one",)}
    handler.handle(logging.makeLogRecord(wrong))
    assert "not enough arguments" in capsys.readouterr().err
    handler.handle(logging.makeLogRecord({"msg": "fine"}))
    assert messages(path) == ["fine"]


def test_a_closed_handler_opens_the_file_again(logger, path):
    """Logging is set up twice in a process: by Django, and by the server that runs it."""
    said = logger()
    said.warning("one")
    logger.handler.close()
    said.warning("two")
    assert messages(path) == ["one", "two"]


def test_a_forked_process_writes_too_and_can_move_the_file_aside(logger, path, monkeypatch):
    monkeypatch.setattr(files, "LOOK", 0)
    said = logger(20_000)
    said.warning("parent")
    child = os.fork()
    if not child:
        for number in range(30):
            said.warning("child %s %s", number, "x" * 200)
        os._exit(0)
    for number in range(30):
        said.warning("parent %s %s", number, "x" * 200)
    assert os.waitpid(child, 0)[1] == 0
    assert len(messages(path)) == 61


def test_the_time_of_a_line_is_that_of_its_event(logger, path):
    before = time.time()
    logger().warning("now")
    told = log.lines.moment(before)[:19]
    assert entries(path)[0]["time"][:19] in (told, log.lines.moment(before + 1)[:19])
