"""The pages of the task list, whichever way they are found (see orgs/listing.py)."""

import datetime
import itertools
import random

import pytest
from django.utils import timezone

from orgs import listing
from orgs.filters import TaskFilter
from orgs.listing import TaskList
from orgs.models import Task
from orgs.paging import BadCursor, Position
from tests.cast import make_task

#: So few tasks, in so short stretches, that a small organization takes every way: (FEW, STRETCHES).
WAYS = {
    "as in production": (listing.FEW, listing.STRETCHES),
    "in the order of the list": (0, (6, 20)),
    "sorted": (1000, (3, 8)),
    "in stretches, with the index": (8, (9, 30)),
}


@pytest.fixture
def many(cast):
    """Some 30 tasks of Acme with many equal dates and priorities, among those of another organization."""
    rng, now = random.Random(3), timezone.now()
    words = ["hens", "Fence", "straße", "Ölkanne", "100%", "a_b", "x"]
    fields = [
        {
            "title": " ".join(rng.sample(words, 2)),
            "description": rng.choice(["", "Rare" if n % 15 == 0 else "Feed the hens"]),
            "status": rng.choice(["open", "in_progress", "done"]),
            "priority": rng.randint(1, 4),
            "assigned_to": rng.choice([None, cast.alice, cast.bob, cast.carol]),
            "due_date": rng.choice([None, now.date() + datetime.timedelta(days=rng.randint(-3, 8))]),
            "organization": rng.choice([cast.acme, cast.acme, cast.acme, cast.acme, cast.elsewhere]),
        }
        for n in range(40)
    ]
    tasks = Task.objects.bulk_create([Task(**one) for one in fields])
    for task in tasks:
        task.created_at = now - datetime.timedelta(minutes=rng.randint(0, 30))
    Task.objects.bulk_update(tasks, ["created_at"])


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    few, stretches = WAYS[request.param]
    monkeypatch.setattr(listing, "FEW", few)
    monkeypatch.setattr(listing, "STRETCHES", stretches)
    monkeypatch.setattr(listing, "PAGE_SIZE", 12)


@pytest.fixture
def asked(cast):
    """asked(**filters) is the valid TaskFilter of Carol in Acme."""

    def ask(**filters):
        wanted = TaskFilter(filters, cast.acme, cast.carol)
        assert wanted.is_valid(), wanted.errors
        return wanted

    return ask


def pages(wanted, **cursor):
    """All pages from a cursor on, in the direction of its name."""
    direction = next(iter(cursor), "after")
    while True:
        page = TaskList(wanted).page(**cursor)
        yield page
        following = page.next if direction == "after" else page.previous
        if following is None:
            return
        cursor = {direction: following}


def ids(pages):
    return [task.pk for page in pages for task in page.tasks]


FILTERS = [
    {},
    {"status": "open"},
    {"status": "done", "priority": 2},
    {"assigned_to": "me", "due": "week"},
    {"assigned_to": "none", "status": "in_progress"},
    {"due": "overdue"},
    {"due": "overdue", "status": "done"},
    {"due": "today", "priority": 1},
    {"q": "hens"},
    {"q": "rare"},
    {"q": "nowhere"},
    {"q": "hens", "status": "open", "priority": 3, "assigned_to": "me"},
    {"q": "STRASSE"},
    {"q": "ölk", "due": "overdue"},
    {"q": "0%"},
    {"q": "x", "status": "done"},
    {"q": "Ö"},
    {"q": "qq"},
]


# Oldest first goes the same ways as newest first, from the other end.
@pytest.mark.parametrize(
    "sort", [pytest.param(sort, marks=pytest.mark.slow) if sort == "oldest" else sort for sort in Task.ORDERS]
)
def test_it_works(many, way, asked, sort):
    for filters in FILTERS:
        wanted = asked(sort=sort, **filters)
        expected = [task.pk for task in wanted.queryset()]
        forwards = list(pages(wanted))
        assert ids(forwards) == expected, filters
        assert all(len(page.tasks) == 12 for page in forwards[:-1] if not page.unfinished), filters
        if expected:
            last = Task.objects.get(pk=expected[-1])
            behind = Position(getattr(last, wanted.order[0].removeprefix("-")), last.pk).encode(wanted.order)
            backwards = list(pages(wanted, before=behind))
            seen = [task.pk for page in reversed(backwards) for task in page.tasks]
            # The first page is always a full one: it may show some tasks of the second once more.
            assert list(dict.fromkeys(seen)) in (expected[:-1], expected[:12]), filters


def test_a_search_that_gives_up_goes_on_where_it_was(many, asked, monkeypatch):
    monkeypatch.setattr(listing, "FEW", 0)
    monkeypatch.setattr(listing, "STRETCHES", (2, 10))
    wanted = asked(q="rare")
    expected = [task.pk for task in wanted.queryset()]
    every = list(pages(wanted))
    assert len(expected) >= 2
    assert every[0].unfinished
    assert not every[-1].unfinished
    assert all(len(page.tasks) < len(expected) for page in every)
    assert ids(every) == expected


@pytest.mark.parametrize("sort", list(Task.ORDERS))
def test_rows_that_come_and_go_move_nothing(many, cast, asked, sort, monkeypatch):
    """Whoever pages sees each task that was there all the time once."""
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    wanted = asked(sort=sort)
    constant = set(ids(pages(wanted))[::2])
    fleeting = [pk for pk in ids(pages(wanted)) if pk not in constant]
    seen = []
    for page in pages(wanted):
        seen += [task.pk for task in page.tasks if task.pk in constant]
        for pk in itertools.islice(fleeting, 3):
            Task.objects.filter(pk=pk).delete()
        del fleeting[:3]
        make_task(cast.acme, created_at=timezone.now() - datetime.timedelta(minutes=15))
    assert sorted(seen) == sorted(constant)


def test_the_last_page_leads_back_although_its_tasks_have_gone(many, asked, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    wanted = asked()
    *_, last_but_one, last = pages(wanted)
    Task.objects.filter(pk__in=[task.pk for task in last.tasks]).delete()
    page = TaskList(wanted).page(after=last_but_one.next)
    assert (page.tasks, page.next, page.previous) == ([], None, "")


@pytest.mark.parametrize(
    "cursor",
    ["x", "....", "é", "\0", "A" * 100_000, "bm93aGVyZQ", "LWNyZWF0ZWRfYXR8fA", "LWNyZWF0ZWRfYXR8MjAyNi0wMS0wMXw5OTk5"],
)
def test_a_cursor_that_is_none_is_refused(asked, cursor):
    for sort in Task.ORDERS:
        with pytest.raises(BadCursor):
            TaskList(asked(sort=sort)).page(after=cursor)
        with pytest.raises(BadCursor):
            TaskList(asked(sort=sort)).page(before=cursor)


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("newest", "0001-01-01T00:00:00+14:00"),
        ("oldest", "9999-12-31T23:59:59-12:00"),
        ("newest", "2026-11-23"),
        ("newest", "3"),
        ("due", "2026-13-01"),
        ("due", "99999-01-01"),
        ("priority", "-1"),
        ("priority", "١"),
        ("priority", 10**30),
    ],
)
def test_a_cursor_with_an_impossible_value_is_refused(asked, sort, value):
    cursor = Position(value, 1).encode(Task.ORDERS[sort])
    with pytest.raises(BadCursor):
        TaskList(asked(sort=sort)).page(after=cursor)


def test_a_cursor_of_another_order_is_refused(many, asked, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    cursor = TaskList(asked(sort="due")).page().next
    with pytest.raises(BadCursor, match="another order"):
        TaskList(asked(sort="priority")).page(after=cursor)
