"""The same jobs with Redis or PostgreSQL as the queue, and with PostgreSQL as the database."""

import os
import subprocess
import sys

import psycopg
import pytest
import redis

from tests.consumer import ROOT, SOON, history, is_done, until
from tests.kinds.models import Errand, Note
from tests.postgres import server_url

pytestmark = pytest.mark.slow

REDIS = "redis://127.0.0.1:6379"


@pytest.fixture
def redis_url():
    """A database of Redis that nobody uses; it is empty again afterwards."""
    for number in range(15, 0, -1):
        url = f"{REDIS}/{number}"
        client = redis.Redis.from_url(url)
        try:
            if client.set("roost-test", os.getpid(), nx=True, ex=120) and client.dbsize() == 1:
                break
        except redis.ConnectionError:
            pytest.skip(f"no Redis answers at {REDIS}")
    else:
        pytest.skip("all databases of Redis are in use")
    yield url
    client.flushdb()
    client.close()


@pytest.fixture(scope="module")
def postgres_url():
    """A PostgreSQL that answers and where we may make a database."""
    return server_url()


@pytest.fixture
def postgres_schema_url(installation, postgres_url):
    """A schema of a PostgreSQL database to oneself."""
    schema = f"roost_test_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        url = f"{postgres_url}?options=-csearch_path%3D{schema}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(installation.environment, "QUEUE_URL", url)
            assert installation.run("check").returncode == 0  # makes the tables: `prepare` comes before consumers
        yield url
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.mark.parametrize("server", ["redis_url", "postgres_schema_url"])
def test_it_works(installation, server, request, monkeypatch):
    """Both queues on a server: jobs are rung, run and tried again at their time, and everything ends when told to."""
    monkeypatch.setitem(installation.environment, "QUEUE_URL", request.getfixturevalue(server))
    errand, note, failing = (
        Errand.objects.create(action="answer", argument="here"),
        Note.objects.create(),
        Errand.objects.create(action="time_out", argument="No answer."),
    )
    with installation.consumer() as both:
        ping = installation.run("ping")
        assert (ping.returncode, ping.stderr) == (0, "")
        until(lambda: is_done(errand) and is_done(note))
        until(lambda: len(history(failing)) > 1)
        failing.cancel()
        both.terminate()
        assert both.wait(SOON) == 0
    assert "Traceback" not in installation.log.read_text()


LOADED = "import sys; import config.queues; print(*[name for name in ('psycopg', 'redis') if name in sys.modules])"


@pytest.mark.parametrize(
    ("url", "loaded"), [("", ""), ("redis://127.0.0.1:1/0", "psycopg redis")], ids=["without", "with"]
)
def test_what_belongs_to_servers_is_loaded_only_where_there_is_one(installation, url, loaded, monkeypatch):
    monkeypatch.setitem(installation.environment, "QUEUE_URL", url)
    run = installation.run("shell", "--no-imports", "-c", LOADED)
    assert (run.stdout.strip(), run.stderr) == (loaded, "")


def test_a_library_that_was_hidden_from_huey_is_there_for_others(installation):
    code = "import config.queues, psycopg, redis; print(psycopg.connect, redis.Redis)"
    run = installation.run("shell", "--no-imports", "-c", code)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.timeout(180)
def test_claims_and_sweeps_hold_on_postgres(postgres_url):
    """The same tests once more, with DATABASE_URL."""
    tests = ["claim_job", "send_heartbeat", "finish_job", "retry_job", "cancel_job", "fence_attempt", "sweep_jobs"]
    files = [str(ROOT / "tests" / "jobs" / f"test_{name}.py") for name in tests]
    files.append(str(ROOT / "tests" / "ops" / "alerts" / "test_lock_alerts.py"))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "--no-migrations", *files],
        env={**os.environ, "DATABASE_URL": postgres_url.replace("/test", f"/roost_{os.getpid()}")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "skipped" not in run.stdout


RESTART = """
import os

from django.db import close_old_connections, connection
from psycopg import connect

connection.ensure_connection()
with connect(os.environ["DATABASE_URL"], autocommit=True) as other:
    other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
close_old_connections()  # as each request and each job begins
with connection.cursor() as cursor:
    cursor.execute("SELECT 1")
"""


def test_a_restart_of_postgres_costs_no_request(installation, postgres_url, monkeypatch):
    monkeypatch.setitem(installation.environment, "DATABASE_URL", postgres_url)
    run = installation.run("shell", "--no-imports", "-c", RESTART)
    assert run.returncode == 0, run.stderr
