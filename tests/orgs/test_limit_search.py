"""A search may not keep a web thread for long."""

import time

import pytest
from django.db import connection

from orgs.models import Task
from orgs.time_limit import TookTooLong, time_limit
from tests.cast import make_task

TASKS = "/orgs/acme/tasks/"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
TRYING = "ä" * 99 + "ö"  # which LIKE and GLOB compare with nearly all of its letters, wherever they begin


@pytest.fixture
def monotonous(cast):
    """Tasks that take long to search for TRYING."""
    monotony = (Task(organization=cast.acme, title="Hum", description="ä" * 10_000) for _ in range(60))
    Task.objects.bulk_create(monotony)


def fetch(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_it_works(cast, browser):
    make_task(cast.acme, "Feed the hens", description=f"They sing {TRYING}.")
    make_task(cast.acme, "Mend the fence", description="ä" * 200)
    page = browser(cast.carol).get(TASKS, {"q": TRYING.upper()}).content.decode()
    assert "Feed the hens" in page
    assert "Mend the fence" not in page


def test_a_search_that_takes_too_long_is_refused(client, cast, browser, monotonous, monkeypatch):
    monkeypatch.setattr("orgs.views.task_list.SEARCH_LIMIT", 0.02)
    page = browser(cast.carol).get(TASKS, {"q": TRYING})
    assert page.status_code == 400
    assert page.context["filter"].errors.keys() == {"q"}
    assert "This search takes too long." in page.content.decode()
    client.force_login(cast.carol)
    answer = client.get(TASKS, {"q": TRYING})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["q"]
    assert len(client.get(TASKS).json()["tasks"]) == 50  # the limit is that of the search


def test_what_runs_when_the_time_is_over_is_stopped(db):
    started = time.monotonic()
    with pytest.raises(TookTooLong), time_limit(0.05):
        fetch(ENDLESS)
    assert time.monotonic() - started < 2
    assert fetch("SELECT 1") == 1


def test_what_begins_when_the_time_is_over_is_stopped(db):
    def begin_late():
        with time_limit(0.02):
            time.sleep(0.05)
            fetch(ENDLESS)

    with pytest.raises(TookTooLong):
        begin_late()


def test_what_runs_after_the_block_has_no_limit(db):
    with time_limit(0.02):
        assert fetch("SELECT 1") == 1
    started = time.monotonic()
    assert fetch(ENDLESS.replace("FROM n)", "FROM n WHERE i < 500000)")) == 500_000
    assert time.monotonic() - started > 0.02
