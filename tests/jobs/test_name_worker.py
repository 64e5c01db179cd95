"""A worker's name tells whether its process is still there."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from jobs import worker
from tests.consumer import until


def test_it_works():
    host, pid, start = worker.identity().rsplit(":", 2)
    assert (host, int(pid)) == (socket.gethostname(), os.getpid())
    assert int(start) > 0
    assert worker.identity() == worker.identity()
    assert not worker.is_dead(worker.identity())


@pytest.fixture
def child():
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_a_process_has_its_own_name_while_it_lives(child):
    name = worker.identity(child.pid)
    assert name.split(":")[1] == str(child.pid)
    assert name != worker.identity()
    assert not worker.is_dead(name)
    child.kill()
    until(lambda: worker.is_dead(name))  # a zombie: nobody has waited for it
    child.wait()
    assert worker.is_dead(name)


def test_a_later_process_with_the_same_pid_is_another_worker():
    host, pid, start = worker.identity().rsplit(":", 2)
    assert worker.is_dead(f"{host}:{pid}:{int(start) - 1}")


def test_a_process_is_found_whatever_its_command_is_called(tmp_path):
    """proc(5) puts the name in parentheses, and it may hold more of them."""
    program = tmp_path / "a) R 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as process:
        try:
            until(lambda: ") R 1 (b" in Path(f"/proc/{process.pid}/stat").read_text())
            assert not worker.is_dead(worker.identity(process.pid))
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["elsewhere:1:1", "", ":", "::", "nonsense", "elsewhere:x:y"])
def test_of_others_nobody_here_can_know(name):
    assert not worker.is_dead(name)


@pytest.mark.parametrize("rest", ["x:1", "1:x", "1", "", "-1:1", "1:1:"])
def test_a_name_that_is_none_is_nobodys(rest):
    assert not worker.is_dead(f"{socket.gethostname()}:{rest}")
