"""How SQLite finds the tasks of a page: always from an index, and in the order of the list without sorting."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orgs import listing
from orgs.filters import TaskFilter
from orgs.listing import TaskList
from orgs.models import Task
from tests.cast import make_task
from tests.plans import explain

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")

FILTERS = [
    {},
    {"status": "open"},
    {"status": "done"},
    {"priority": 2},
    {"assigned_to": "me"},
    {"assigned_to": "none"},
    {"due": "overdue"},
    {"due": "today"},
    {"due": "week"},
    {"status": "in_progress", "priority": 1, "assigned_to": "me", "due": "week"},
    {"q": "hens"},
    {"q": "hens", "status": "open", "due": "overdue"},
]


@pytest.fixture
def plans(cast, monkeypatch):
    """plans(few, **filters) is how SQLite finds the tasks of all pages: a list of (SQL, plan).

    `few` is how many tasks count as few: with -1 all filters leave many.
    """
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    monkeypatch.setattr(listing, "STRETCHES", (1, 1))
    for number in range(8):
        make_task(cast.acme, "Feed the hens", status=["open", "done"][number % 2], assigned_to=cast.carol)

    def find(few, **filters):
        monkeypatch.setattr(listing, "FEW", few)
        wanted = TaskFilter(filters, cast.acme, cast.carol)
        assert wanted.is_valid()
        with CaptureQueriesContext(connection) as queries:
            page = TaskList(wanted).page()
            while page.next:
                page = TaskList(wanted).page(after=page.next)
            while page.previous:
                page = TaskList(wanted).page(before=page.previous)
        statements = [query["sql"] for query in queries if 'FROM "orgs_task"' in query["sql"]]
        return [(sql, explain(sql)) for sql in statements]

    return find


@pytest.mark.parametrize("sort", list(Task.ORDERS))
def test_it_works(plans, sort):
    """The list is read in its own order, whatever the filters."""
    for filters in FILTERS:
        for sql, plan in plans(few=-1, sort=sort, **filters):
            assert re.search(r"SEARCH orgs_task USING (COVERING )?INDEX|USING INTEGER PRIMARY KEY", plan), (sql, plan)
            assert not re.search(r"SCAN orgs_task|TEMP B-TREE", plan), (sql, plan)


@pytest.mark.parametrize("sort", list(Task.ORDERS))
@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"status": "open"}, "orgs_task_done_"),
        ({"priority": 2}, "orgs_task_priority"),
        ({"assigned_to": "me"}, "orgs_task_assigned"),
        ({"due": "today"}, "orgs_task_due"),
        ({"due": "week"}, "orgs_task_due"),
    ],
)
def test_the_few_tasks_of_a_filter_are_read_and_sorted(plans, sort, filters, index):
    for sql, plan in plans(few=100, sort=sort, **filters):
        assert f"INDEX {index}" in plan or "USING INTEGER PRIMARY KEY" in plan, (sql, plan)
        assert not re.search(r"SCAN orgs_task\b", plan), (sql, plan)


@pytest.mark.parametrize(
    ("filters", "sort", "index"),
    [
        ({}, "newest", "orgs_task_newest (organization_id=? AND created_at<?)"),
        ({}, "oldest", "orgs_task_newest (organization_id=? AND created_at>?)"),
        ({}, "due", "orgs_task_due (organization_id=? AND due_order=? AND id>?)"),
        ({}, "priority", "orgs_task_priority (organization_id=? AND priority=? AND id>?)"),
        ({"status": "open"}, "newest", "orgs_task_done_newest (organization_id=? AND is_done=? AND created_at<?)"),
        ({"status": "open"}, "due", "orgs_task_done_due (organization_id=? AND is_done=? AND due_order=? AND id>?)"),
        (
            {"assigned_to": "me"},
            "newest",
            "orgs_task_assigned (organization_id=? AND assigned_to_id=? AND created_at<?)",
        ),
    ],
)
def test_a_page_begins_where_the_last_one_ended(plans, filters, sort, index):
    """Also among tasks of one priority, or without a date: none that one has seen already is read again."""
    assert index in " | ".join(plan for _, plan in plans(few=-1, sort=sort, **filters))


@pytest.mark.parametrize("sort", ["newest", "due"])
def test_searching_reads_only_what_is_to_be_done(plans, sort):
    """Between two places of the list SQLite could as well take the index that holds what is done too."""
    found = plans(few=-1, q="nothing", status="open", sort=sort)
    assert len(found) > 3
    for sql, plan in found:
        assert "INDEX orgs_task_done_" in plan or "USING INTEGER PRIMARY KEY" in plan, (sql, plan)


def test_no_page_takes_many_queries(plans, cast, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(listing, "FEW", 1)
    wanted = TaskFilter({"q": "hens", "status": "open", "priority": 3, "assigned_to": "me"}, cast.acme, cast.carol)
    assert wanted.is_valid()
    with django_assert_max_num_queries(16):
        TaskList(wanted).page()
