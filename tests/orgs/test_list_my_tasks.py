import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orgs import listing
from orgs.models import Status
from tests.cast import make_org, make_task
from tests.plans import explain

MINE = "/tasks/mine/"
DAY = datetime.date(2026, 12, 1)


def titles(answer):
    return [task["title"] for task in answer.json()["tasks"]]


def due(number):
    return DAY + datetime.timedelta(days=number)


def test_it_works(cast, carol):
    beta = make_org("Beta", viewer=cast.carol)
    make_task(cast.acme, "Feed the hens", assigned_to=cast.carol, due_date=due(2))
    make_task(beta, "Mend the fence", assigned_to=cast.carol, due_date=due(1))
    page = carol.get(MINE).content.decode()
    assert page.index("Mend the fence") < page.index("Feed the hens")
    assert page.count("/complete/") == 1  # in Beta she only reads


def test_a_program_gets_json(cast, program):
    make_task(cast.acme, "Feed the hens", assigned_to=cast.carol, due_date=due(2))
    answer = program.get(MINE).json()
    assert (answer["next"], answer["previous"]) == (None, None)
    assert answer["tasks"][0]["organization"] == "acme"
    assert answer["tasks"][0]["assigned_to"] == {"id": cast.carol.pk, "name": "Carol"}


def test_only_what_is_hers_and_not_done(cast, program):
    make_task(cast.acme, "Hers", assigned_to=cast.carol)
    make_task(cast.acme, "Begun", assigned_to=cast.carol, status=Status.IN_PROGRESS)
    make_task(cast.acme, "Done", assigned_to=cast.carol, status=Status.DONE)
    make_task(cast.acme, "Bob's", assigned_to=cast.bob)
    make_task(cast.elsewhere, "Left behind", assigned_to=cast.carol)
    assert titles(program.get(MINE)) == ["Hers", "Begun"]


def test_pages_follow_each_other_and_lead_back(cast, program, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 3)
    for number in range(8):  # the last ones have no date: they come last, in the order of their ids
        day = due(number // 2) if number < 4 else None
        make_task(cast.acme, f"Task {number}", assigned_to=cast.carol, due_date=day)
    pages = [program.get(MINE)]
    while pages[-1].json()["next"]:
        pages.append(program.get(pages[-1].json()["next"]))
    assert [titles(page) for page in pages] == [
        ["Task 0", "Task 1", "Task 2"],
        ["Task 3", "Task 4", "Task 5"],
        ["Task 6", "Task 7"],
    ]
    assert titles(program.get(pages[2].json()["previous"])) == titles(pages[1])
    assert titles(program.get(pages[1].json()["previous"])) == titles(pages[0])


def test_a_bad_cursor_is_said(carol, program):
    answer = program.get(MINE, {"after": "nowhere"})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["after"]
    page = carol.get(MINE, {"after": "nowhere"})
    assert page.status_code == 400
    assert "There is no such page." in page.content.decode()


def test_a_program_that_has_not_signed_in_gets_a_401(client, cast):
    assert client.get(MINE).status_code == 401


def test_nothing_to_do(carol):
    page = carol.get(MINE).content.decode()
    assert "Nothing to do" in page
    assert "/orgs/acme/tasks/?assigned_to=none" in page


def test_the_number_of_queries_is_fixed(cast, carol, django_assert_num_queries):
    for _ in range(3):
        for _ in range(4):
            make_task(make_org(member=cast.carol), assigned_to=cast.carol)
        # Session, person, memberships; ids of the page, its tasks; organizations to switch to.
        with django_assert_num_queries(6):
            assert carol.get(MINE).status_code == 200


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
def test_it_is_read_from_an_index_in_order(cast, program, monkeypatch):
    """Whatever the number of tasks, done ones above all: an index leaves those out, and nothing is sorted."""
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    for number in range(8):
        make_task(cast.acme, assigned_to=cast.carol, due_date=due(number // 4))
    with CaptureQueriesContext(connection) as queries:
        page = program.get(MINE)
        page = program.get(page.json()["next"])
        program.get(page.json()["previous"])
        program.get("/", headers={"accept": "text/html"})
    looks = [
        query["sql"] for query in queries if 'FROM "orgs_task"' in query["sql"] and "assigned_to_id" in query["sql"]
    ]
    looks = [sql for sql in looks if "ORDER BY" in sql]
    assert len(looks) >= 6
    for sql in looks:
        assert "INDEX orgs_task_mine (assigned_to_id=?" in explain(sql), (sql, explain(sql))
        assert "TEMP B-TREE" not in explain(sql), sql
