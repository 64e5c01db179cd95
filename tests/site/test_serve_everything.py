"""`manage.py serve` as people run it: real processes, a free port, a data folder of its own."""

import os
import shutil
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.consumer import children, kill, until
from tests.roost import LONG, Roost

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CACHE = settings.CACHES["default"]["LOCATION"]


@pytest.fixture
def roost(tmp_path, migrated_database):
    shutil.copy(migrated_database, tmp_path / "roost.sqlite3")
    return Roost(tmp_path)


def test_it_works(roost):
    with roost.serving() as supervisor:
        assert roost.get("/first-run/") == 200
        log = until(lambda: (text := roost.log.read_text()).count("is ready") == 2 and text)
        assert f"http://localhost:{roost.port}/first-run/" in log
        for program in ("web", "emails", "exports"):
            assert f"[{program}] " in log
        queues = list(roost.folder.glob("queue-*.sqlite3"))
        assert queues
        assert not any(queue.stat().st_mode & 0o077 for queue in queues)  # nobody else may read them
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(LONG) == 0
        until(lambda: not roost.processes())
        assert not list(roost.folder.glob("*.pid"))


def test_what_is_killed_comes_back_and_nothing_outlives_the_supervisor(roost):
    with roost.serving() as supervisor:
        for program in ("run_web", "emails", "run_web", "exports"):
            before = until(lambda: roost.processes(program))  # noqa: B023 (called at once)
            kill(parent(before, supervisor))
            until(lambda: set(roost.processes(program)) - set(before))  # noqa: B023
        until(lambda: roost.get("/up") == 200)
        kill(supervisor.pid)
        until(lambda: not roost.processes(), LONG)


def parent(processes, supervisor):
    """The one of them that the supervisor has started: its own children, if any, end with it."""
    (pid,) = set(processes) & set(children(supervisor.pid))
    return pid


def test_what_hangs_can_be_made_to_end_by_any_signal(roost):
    """The handlers of supervisord, of which the programs are forks, only note a signal for its own loop."""
    with roost.serving() as supervisor:
        before = until(lambda: roost.processes("run_web"))
        os.kill(parent(before, supervisor), signal.SIGQUIT)
        until(lambda: not set(roost.processes("run_web")) & set(before), LONG)
        until(lambda: roost.get("/up") == 200, LONG)


def test_a_hangup_starts_all_of_it_afresh(roost):
    """From the code on the disk, and with its migrations: nothing that was loaded before goes on."""
    with roost.serving() as supervisor:
        until(lambda: roost.log.read_text().count("is ready") == 2)
        before = set(roost.processes())
        with closing(sqlite3.connect(roost.folder / "roost.sqlite3")) as database:
            database.execute(f"DROP TABLE {CACHE}")  # which `prepare` makes again
        supervisor.send_signal(signal.SIGHUP)
        until(lambda: roost.log.read_text().count("Create its owner at") == 2, LONG)
        until(lambda: roost.log.read_text().count("is ready") == 4, LONG)
        until(lambda: roost.get("/first-run/") == 200, LONG)
        assert set(roost.processes()) & before == {supervisor.pid}
        with closing(sqlite3.connect(roost.folder / "roost.sqlite3")) as database:
            database.execute(f"SELECT 1 FROM {CACHE}")
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(LONG) == 0
        until(lambda: not roost.processes())


def test_a_stop_in_the_middle_of_the_start_is_heard(roost):
    with roost.log.open("w") as log:
        supervisor = roost.start("serve", stdout=log, stderr=log)
    until(lambda: b"ops.supervise" in Path(f"/proc/{supervisor.pid}/cmdline").read_bytes())
    begin = time.monotonic()
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(LONG) == 0
    assert time.monotonic() - begin < 20  # and not after the 35 s until SIGKILL
    until(lambda: not roost.processes())


def test_a_used_port_is_told_before_anything_is_changed(roost):
    with socket.socket() as other:
        # As another Roost would, which shares its port with whoever asks.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("0.0.0.0", roost.port))  # noqa: S104
        other.listen()
        result = roost.run("serve")
    assert result.returncode == 1
    assert f"Port {roost.port} is in use." in result.stderr
    assert not list(roost.folder.glob("queue-*"))


def test_the_demo_is_refused_where_there_is_data(roost):
    create = "from accounts.models import User; User.objects.create_user('ruth@acme.test')"
    assert roost.run("shell", "-c", create).returncode == 0
    result = roost.run("serve", "--demo")
    assert result.returncode == 2
    assert "data of its own" in result.stderr
    until(lambda: not roost.processes())


def test_output_to_a_socket_arrives(roost):
    """As under systemd, whose journal is a socket: supervisord cannot open one."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(LONG)
        supervisor = roost.start("serve", stdout=theirs, stderr=theirs)
        theirs.close()
        log = b""
        while b"serving http" not in log:
            log += ours.recv(65536)
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(LONG) == 0
        while piece := ours.recv(65536):
            log += piece
    assert b"received SIGTERM" in log
    until(lambda: not roost.processes())


def test_open_streams_do_not_hold_up_a_stop(roost):
    with roost.serving("--demo") as supervisor, socket.create_connection(("127.0.0.1", roost.port)) as page:
        session = roost.run("shell", "--verbosity=0", "-c", SIGN_IN).stdout.strip()
        page.sendall(f"GET /events/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n\r\n".encode())
        received = b""
        while b"retry:" not in received:
            received += page.recv(65536)
        begin = time.monotonic()
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(LONG) == 0
        assert time.monotonic() - begin < STREAMS_WOULD_TAKE


#: Seconds that the server would wait for a connection that does not end.
STREAMS_WOULD_TAKE = 25

SIGN_IN = """
from django.test import Client
from accounts.models import User
client = Client()
client.force_login(User.objects.get(email="alice@acme.test"))
print(client.session.session_key)
"""
