import datetime
import random
import string
import zoneinfo

import pytest
from django.http import QueryDict
from django.utils import timezone

from orgs.filters import TaskFilter
from orgs.models import Priority, Status
from tests.cast import make_task

TASKS = "/orgs/acme/tasks/"


@pytest.fixture
def found(cast):
    """found(**filters) is the titles of Acme's tasks that these let pass for Carol."""

    def find(**filters):
        wanted = TaskFilter(filters, cast.acme, cast.carol)
        assert wanted.is_valid(), wanted.errors
        return [task.title for task in wanted.queryset()]

    return find


def test_it_works(cast, found):
    make_task(cast.acme, "Mine", assigned_to=cast.carol, priority=Priority.URGENT)
    make_task(cast.acme, "Bob's", assigned_to=cast.bob, status=Status.IN_PROGRESS)
    make_task(cast.acme, "Nobody's", description="Whose is it?", status=Status.DONE)
    make_task(cast.elsewhere, "A stranger's")
    assert found() == ["Nobody's", "Bob's", "Mine"]
    assert found(status="in_progress") == ["Bob's"]
    assert found(status="done") == ["Nobody's"]
    assert found(priority="1") == ["Mine"]
    assert found(assigned_to="me") == ["Mine"]
    assert found(assigned_to=str(cast.bob.pk)) == ["Bob's"]
    assert found(assigned_to="none") == ["Nobody's"]
    assert found(q="whose") == ["Nobody's"]
    assert found(status="open", assigned_to="me", q="mine") == ["Mine"]
    assert found(status="", q="  ", assigned_to="") == found()


def test_the_four_orders(cast, found):
    now = timezone.now()
    for title, age, priority, due in [("A", 1, 2, None), ("B", 3, 1, "2026-05-01"), ("C", 2, 2, "2026-04-01")]:
        created_at = now - datetime.timedelta(days=age)
        make_task(cast.acme, title, created_at=created_at, priority=priority, due_date=due)
    assert found() == found(sort="newest") == ["A", "C", "B"]
    assert found(sort="oldest") == ["B", "C", "A"]
    assert found(sort="due") == ["C", "B", "A"]  # without a date comes last
    assert found(sort="priority") == ["B", "A", "C"]


def test_today_is_where_the_asking_person_is(cast, found, time_machine):
    """Noon on 10 March in London is 11 March on Kiritimati and 10 March in Pago Pago."""
    time_machine.move_to(datetime.datetime(2026, 3, 10, 12, tzinfo=zoneinfo.ZoneInfo("Europe/London")))
    for day in (9, 10, 11, 16, 17):
        make_task(cast.acme, f"{day} March", due_date=datetime.date(2026, 3, day))
    make_task(cast.acme, "Done", due_date=datetime.date(2026, 3, 1), status=Status.DONE)
    make_task(cast.acme, "Some day")
    cast.carol.time_zone = "Pacific/Pago_Pago"
    assert found(due="overdue", sort="due") == ["9 March"]
    assert found(due="today", sort="due") == ["10 March"]
    assert found(due="week", sort="due") == ["10 March", "11 March", "16 March"]
    cast.carol.time_zone = "Pacific/Kiritimati"
    assert found(due="overdue", sort="due") == ["9 March", "10 March"]
    assert found(due="today", sort="due") == ["11 March"]
    assert found(due="week", sort="due") == ["11 March", "16 March", "17 March"]


def test_what_is_done_is_never_overdue(cast, found):
    make_task(cast.acme, due_date=datetime.date(2020, 1, 1), status=Status.DONE)
    assert found(due="overdue", status="done") == []


def test_former_members_can_still_be_asked_for(cast, found):
    make_task(cast.acme, "Bob's", assigned_to=cast.bob)
    cast.acme.memberships.get(user=cast.bob).remove()
    assert found(assigned_to=str(cast.bob.pk)) == ["Bob's"]


def test_strangers_cannot_be_asked_for(cast):
    make_task(cast.elsewhere, assigned_to=cast.mallory)
    wanted = TaskFilter({"assigned_to": str(cast.mallory.pk)}, cast.acme, cast.carol)
    assert wanted.errors == {"assigned_to": ["“assigned_to” must be the id of a member, or one of: me, none."]}


def test_as_dict_means_the_same_to_everybody(cast, found):
    make_task(cast.acme, "Carol's", assigned_to=cast.carol)
    make_task(cast.acme, "Bob's", assigned_to=cast.bob)
    sent = QueryDict("assigned_to=me&priority=3&q=+o+&status=&sort=newest&after=x")
    wanted = TaskFilter(sent, cast.acme, cast.carol)
    assert wanted.is_valid()
    assert wanted.as_dict() == {"assigned_to": cast.carol.pk, "priority": 3, "q": "o"}
    again = TaskFilter(wanted.as_dict(), cast.acme, cast.bob)
    assert again.is_valid()
    assert [task.title for task in again.queryset()] == ["Carol's"]
    assert again.as_dict() == wanted.as_dict()


def test_without_a_person_there_is_no_me(cast):
    assert TaskFilter({"due": "today"}, cast.acme, None).is_valid()
    assert "assigned_to" in TaskFilter({"assigned_to": "me"}, cast.acme, None).errors


def test_filters_are_described_in_words(cast):
    data = {"q": "hens", "status": "in_progress", "priority": "1", "assigned_to": "me", "due": "week", "sort": "due"}
    wanted = TaskFilter(data, cast.acme, cast.carol)
    assert wanted.is_valid()
    assert wanted.describe() == [
        ("Search", "“hens”"),
        ("Status", "In progress"),
        ("Priority", "Urgent"),
        ("Assigned to", "Carol"),
        ("Due", "Within a week"),
        ("Sorted by", "Due date"),
    ]


def test_whatever_is_sent_is_a_list_or_an_error(client, cast):
    """Never a failure, and never an answer that repeats what was sent at length."""
    client.force_login(cast.carol)
    rng = random.Random(7)
    names = ["q", "status", "priority", "assigned_to", "due", "sort", "after", "before", "x\0"]
    values = [
        "", " ", "0", "-1", "1.5", "1e9", "９", "٣", "NaN", "null", "true", "[]", "{}", "%", "_", "\\", '"', "'", '""',
        "2147483648", "9223372036854775808", str(10**400), "\0", "a\0b", "\ufffd", "\u202e", "😀" * 300, "ß", "İ",
        "me", "none", "open", "overdue", "' OR 1=1 --", "x" * 10_000, "AND", "NEAR(", "a*", "-a", "title:a", "^a",
    ]  # fmt: skip
    for _ in range(150):
        query = QueryDict(mutable=True)
        for _ in range(rng.randint(1, 3)):
            value = rng.choice(values) if rng.random() < 0.8 else "".join(rng.choices(string.printable, k=9))
            query.appendlist(rng.choice(names), value)
        answer = client.get(f"{TASKS}?{query.urlencode()}")
        assert answer.status_code in (200, 400), query
        assert len(answer.content) < 2_000


@pytest.mark.parametrize("query", ["q=" + "x" * 10_000_000, "p=&" * 3_333_333, "&" * 10_000_000], ids=["q", "p", "&"])
def test_ten_megabytes_are_refused_or_harmless(client, cast, query):
    client.force_login(cast.carol)
    answer = client.get(TASKS, QUERY_STRING=query)
    assert answer.status_code in (200, 400)
    assert len(answer.content) < 2_000


def test_bytes_that_are_no_text(cast):
    wanted = TaskFilter({"q": b"caf\xe9".decode(errors="surrogateescape")}, cast.acme, cast.carol)
    assert wanted.errors == {"q": ["“q” must be text in UTF-8."]}
