"""A Sentry is told of errors in requests and jobs, and of nothing that is private: a real server takes what is sent."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest
from django.conf import settings as product

from ops.checks import sentry_dsn_is_one
from tests.consumer import ROOT, has_failed, until
from tests.kinds.models import Errand, Note

SECRET = "s3cr3t-Pa55"

#: A request that breaks, with a secret in all its parts, from somebody who is signed in.
REQUEST = f"""
import django
django.setup()
from django.conf import settings
settings.ROOT_URLCONF = "tests.ops.broken_urls"
from django.test import Client
from accounts.models import User
headers = {{"host": "localhost", "X-Request-ID": "the-request", "X-Secret": "{SECRET}"}}
client = Client(raise_request_exception=False, headers=headers)
client.force_login(User.objects.create_user(email="ada@acme.test", name="Ada", password="{SECRET}"))
client.cookies["choice"] = "{SECRET}"
assert client.post("/broken/?token={SECRET}", {{"password": "{SECRET}"}}).status_code == 500
assert client.get("/nowhere/").status_code == 404
"""


@pytest.fixture
def sentry(installation):
    """What a Sentry has been told: a list of events, as sent by processes of the installation."""
    events = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            # An envelope: its header, and the header and the payload of each item (develop.sentry.dev/sdk/envelopes).
            _, _, payload = brotli.decompress(body).splitlines()
            events.append({**json.loads(payload), "whole": payload.decode()})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        installation.environment["SENTRY_DSN"] = f"http://key@127.0.0.1:{server.server_port}/1"
        yield events
        del installation.environment["SENTRY_DSN"]
        server.shutdown()
        thread.join()


def python(installation, code):
    environment = {**installation.environment, "PYTHONPATH": str(ROOT / "site")}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, text=True, capture_output=True, timeout=50, check=False
    )


@pytest.mark.slow
def test_it_works(installation, sentry):
    """A job of each queue that breaks: in a thread, and in a forked process."""
    jobs = [kind.objects.create(action="break", argument=f"password={SECRET} is wrong") for kind in (Note, Errand)]
    with installation.consumer():
        for job in jobs:
            until(lambda job=job: has_failed(job))
        until(lambda: len(sentry) == 2)
    told = {event["tags"]["job"]: event for event in sentry}
    for job in jobs:
        event = told[job.label]
        assert event["tags"] == {"request_id": job.request_id, "job": job.label, "attempt": "1"}
        assert event["logger"] == "huey"
        (error,) = event["exception"]["values"]
        assert (error["type"], error["value"]) == ("ZeroDivisionError", "password=… is wrong")
        assert error["stacktrace"]["frames"][-1]["function"] == "do_break"
        assert "vars" not in error["stacktrace"]["frames"][-1]
        assert event["release"].startswith("roost@")
        assert SECRET not in event["whole"]


@pytest.mark.slow
def test_a_request_is_told_without_what_is_private(installation, sentry):
    done = python(installation, REQUEST)
    assert done.returncode == 0, done.stderr
    (event,) = sentry  # a page that is not there is no error
    assert event["tags"] == {"request_id": "the-request"}
    assert set(event["user"]) == {"id"}
    assert event["exception"]["values"][0]["value"] == "a secret of ours"
    assert event["logentry"] == {"message": "%s: %s", "formatted": "Internal Server Error: /broken/"}
    assert not {"request", "extra", "modules"} & set(event)
    assert event["breadcrumbs"] == {"values": []}
    assert SECRET not in event["whole"]
    assert "ada@acme.test" not in event["whole"]


@pytest.mark.slow
def test_a_command_that_breaks_is_told_too(installation, sentry):
    done = python(installation, "import django; django.setup(); open('/nowhere/at/all')")
    assert done.returncode == 1
    assert [event["exception"]["values"][0]["type"] for event in sentry] == ["FileNotFoundError"]


@pytest.mark.slow
def test_a_sentry_that_is_gone_is_no_trouble(installation):
    installation.environment["SENTRY_DSN"] = "http://key@127.0.0.1:1/1"
    try:
        job = Errand.objects.create(action="break")
        with installation.consumer("exports"):
            until(lambda: has_failed(job))
            following = Errand.objects.create()
            until(lambda: Errand.objects.filter(pk=following.pk, status="done").exists())
    finally:
        del installation.environment["SENTRY_DSN"]


def test_without_one_nothing_of_it_is_loaded(installation):
    code = "import django, sys; django.setup(); import config.urls; print([m for m in sys.modules if 'sentry' in m])"
    assert python(installation, code).stdout == "[]\n"


@pytest.mark.parametrize("dsn", ["nonsense", "https://sentry.example/1", "ftp://key@sentry.example/1"])
def test_a_wrong_dsn_is_told(settings, dsn):
    settings.SENTRY_DSN = dsn
    (error,) = sentry_dsn_is_one(None)
    assert (error.id, error.is_serious()) == ("ops.E010", True)
    assert "Copy the DSN" in error.hint


def test_a_wrong_dsn_keeps_roost_from_starting(installation):
    installation.environment["SENTRY_DSN"] = "ftp://key@sentry.example/1"
    try:
        done = installation.run("check")
    finally:
        del installation.environment["SENTRY_DSN"]
    assert done.returncode == 1
    assert "ops.E010" in done.stderr


def test_a_right_dsn_is_no_error(settings):
    assert product.SENTRY_DSN == ""
    assert sentry_dsn_is_one(None) == []
    settings.SENTRY_DSN = "https://key@sentry.example/1"
    assert sentry_dsn_is_one(None) == []
