"""`/health`: the verdict for everybody, the parts for staff and for programs with the token."""

import json

import pytest
from django.db import connection
from django.test import Client

from config.release import RELEASE
from jobs.models import ConsumerProcess
from jobs.schedules import open_due_slots
from ops import health
from ops.health import queues
from tests.conftest import default_database
from tests.ops.builders import make_consumer

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-enough-characters"


@pytest.fixture(autouse=True)
def running(settings, monkeypatch):
    """An installation in which all is well, looked at anew by each request."""
    settings.OPS_TOKEN = TOKEN
    monkeypatch.setattr("ops.health.FRESH", 0)
    monkeypatch.setattr(health, "_latest", health.Latest())
    monkeypatch.setattr(queues, "serve", lambda: None)
    monkeypatch.setattr(queues, "serving_since", None)
    for queue in "emails", "exports":
        make_consumer(queue)
    open_due_slots()


def ask(client=None, token=None, **headers):
    """Returns the status and the JSON."""
    if token:
        headers["authorization"] = token
    answer = (client or Client()).get("/health", headers=headers)
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    return answer.status_code, json.loads(answer.content)


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def test_it_works(cast):
    assert ask() == (200, {"status": "ok"})
    status, body = ask(token=f"Bearer {TOKEN}")
    assert (status, body["status"], body["release"]) == (200, "ok", RELEASE)
    assert [part["name"] for part in body["parts"]][:2] == ["database", "sqlite"]
    assert body["more"] == "http://localhost:8000/ops/doctor/"
    cast.alice.is_staff = True
    cast.alice.save()
    assert ask(signed_in(cast.alice))[1].keys() == body.keys()


def test_members_and_strangers_see_no_more_than_the_verdict(cast):
    assert ask(signed_in(cast.bob)) == (200, {"status": "ok"})
    for token in ("Bearer wrong", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer é"):
        assert ask(token=token) == (200, {"status": "ok"})


@pytest.mark.parametrize("token", ["Bearer ", "Bearer", "bearer  "])
def test_without_a_token_in_the_settings_none_fits(settings, token):
    settings.OPS_TOKEN = ""
    assert ask(token=token) == (200, {"status": "ok"})


def test_what_is_red_is_a_503_and_a_warning_is_none(cast):
    ConsumerProcess.objects.filter(queue="exports").update(release="0.1+old")
    assert ask() == (200, {"status": "warning"})
    ConsumerProcess.objects.filter(queue="exports").delete()
    assert ask() == (503, {"status": "red"})
    cast.alice.is_staff = True
    cast.alice.save()
    status, body = ask(signed_in(cast.alice))
    assert (status, body["status"]) == (503, "red")
    assert [part["name"] for part in body["parts"] if part["verdict"] == "red"] == ["consumer:exports"]


def test_it_asks_for_neither_https_nor_our_host(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert ask(host="10.0.0.7") == (200, {"status": "ok"})
    assert ask(host="10.0.0.7", token=f"Bearer {TOKEN}")[1]["parts"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's")
def test_without_the_database_it_answers_all_the_same(cast, tmp_path, django_db_blocker):
    client = signed_in(cast.alice)
    with django_db_blocker.unblock(), default_database(tmp_path / "nowhere" / "roost.sqlite3"):
        assert ask() == ask(client) == (503, {"status": "red"})
        assert "There is no database at" in ask(token=f"Bearer {TOKEN}")[1]["parts"][0]["words"]


def test_it_is_there_to_be_read_only(cast):
    answer = Client().head("/health")
    assert (answer.status_code, answer.content) == (200, b"")
    assert Client().post("/health").status_code == 405


def test_a_process_that_has_just_started_waits_for_the_consumers(client, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(health, "_latest", health.Latest())
    ConsumerProcess.objects.all().delete()
    assert ask(client)[1] == {"status": "warning"}
    monkeypatch.setattr(health, "_latest", health.Latest())
    monkeypatch.setattr(queues, "serving_since", None)
    assert ask(client)[1] == {"status": "red"}


def test_who_asks_without_end_costs_no_query(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("ops.health.FRESH", 60)
    ask()
    with django_assert_num_queries(0):
        assert ask() == (200, {"status": "ok"})
        assert len(ask(token=f"Bearer {TOKEN}")[1]["parts"]) > 5
