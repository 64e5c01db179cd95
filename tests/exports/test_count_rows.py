"""Counting rows may not keep anybody waiting."""

import time

import pytest
from django.db import OperationalError, connection
from django.db.models import F

from exports.counting import count_within
from orgs.models import Task
from orgs.search import mentioning
from tests.cast import make_task


@pytest.fixture
def endless(cast):
    """A million millions of tasks, as a join: no database counts them in time."""
    Task.objects.bulk_create(Task(organization=cast.acme, title="One of many") for _ in range(1000))
    tasks = Task.objects.alias(one=F("organization__tasks__organization__tasks__organization__tasks__title"))
    return tasks.filter(one__contains="many", organization__tasks__title__contains="many")


def test_it_works(cast):
    make_task(cast.acme)
    make_task(cast.elsewhere)
    assert count_within(5, cast.acme.tasks.order_by("-created_at")) == 1


def test_what_takes_too_long_is_not_counted(cast, endless):
    started = time.monotonic()
    assert count_within(0.05, endless) is None
    assert time.monotonic() - started < 2
    # The limit is gone with it.
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orgs_task AS a, orgs_task AS b WHERE a.title = b.title")
        assert cursor.fetchone() == (1_000_000,)


def test_few_rows_may_take_too_long(cast):
    rows = (Task(organization=cast.acme, title="Hum", description="ä" * 10_000) for _ in range(60))
    Task.objects.bulk_create(rows)
    tasks = cast.acme.tasks.filter(mentioning("ä" * 99 + "ö"))
    assert count_within(0.02, tasks) is None
    assert count_within(5, tasks.exclude(title="Hum")) == 0


def test_other_errors_are_errors(cast):
    class Broken(type(Task.objects.all())):
        def count(self):
            raise OperationalError("no such table")

    with pytest.raises(OperationalError, match="no such table"):
        count_within(5, Broken(Task))


def test_the_page_comes_without_the_number(cast, browsing_carol, monkeypatch):
    haystacks = (Task(organization=cast.acme, title="Hay", description="hay " * 2000) for _ in range(2000))
    Task.objects.bulk_create(haystacks, batch_size=200)
    monkeypatch.setattr("exports.views.COUNT_FOR_PAGE", 0.0001)
    page = browsing_carol.get("new/", {"q": "hens", "status": "open"}).content.decode()
    assert "The export will tell their number." in page
    assert 'hx-get="/orgs/acme/tasks/exports/new/?q=hens&amp;status=open" hx-trigger="load"' in page
    later = browsing_carol.get("new/", {"q": "hay", "status": "open"}, **{"hx-target": "rows"})
    assert "<strong>2,000</strong> tasks</p>" in later.content.decode()
    assert "HX-Target" in later.headers["Vary"]


def test_what_takes_too_long_is_not_asked_for_again_and_again(cast, browsing_carol, monkeypatch):
    monkeypatch.setattr("exports.views.count_within", lambda seconds, queryset: None)
    page = browsing_carol.get("new/", **{"hx-target": "rows"}).content.decode()
    assert "The export will tell their number." in page
    assert 'hx-trigger="load"' not in page
