import datetime

import pytest
from django.utils import timezone

from orgs.models import Priority, Status
from tests.cast import make_task, make_user

TASKS = "/orgs/acme/tasks/"


def listed(answer):
    return [task["title"] for task in answer.json()["tasks"]]


def test_it_works(cast, carol):
    make_task(cast.acme, "Feed the hens", assigned_to=cast.bob, priority=Priority.HIGH, due_date="2026-12-24")
    page = carol.get(TASKS)
    assert page.status_code == 200
    for words in ("Feed the hens", "Bob", "High", "24 Dec", "Complete"):
        assert words in page.content.decode()


def test_a_due_date_names_its_year_where_it_is_another(cast, carol, time_machine):
    time_machine.move_to("2026-11-25 12:00Z", tick=False)
    for day in ("2026-12-24", "2027-01-04"):
        make_task(cast.acme, f"Due on {day}", due_date=day)
    page = carol.get(TASKS).content.decode()
    assert ">24 Dec</time>" in page
    assert ">4 Jan 2027</time>" in page


def test_a_program_gets_json(client, cast):
    task = make_task(cast.acme, "Feed the hens", assigned_to=cast.bob, due_date=datetime.date(2026, 12, 24))
    client.force_login(cast.dave)
    answer = client.get(TASKS)
    assert answer.json() == {
        "tasks": [
            {
                "id": task.pk,
                "title": "Feed the hens",
                "status": "open",
                "priority": 3,
                "assigned_to": {"id": cast.bob.pk, "name": "Bob"},
                "due_date": "2026-12-24",
                "created_at": task.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "updated_at": task.updated_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "completed_at": None,
            }
        ],
        "next": None,
        "previous": None,
    }
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/*", "text/html"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("*/*", "application/json"),
        ("nonsense", "application/json"),
        ("", "application/json"),
    ],
)
def test_the_answer_is_what_accept_prefers(client, cast, accept, kind):
    client.force_login(cast.carol)
    assert client.get(TASKS, headers={"accept": accept}).headers["Content-Type"].startswith(kind)


def test_only_the_organization_s_own_are_listed(cast, carol):
    make_task(cast.elsewhere, "A secret of Elsewhere")
    assert "secret" not in carol.get(TASKS).content.decode()


def test_filters_choose_and_stay_in_the_form(cast, carol):
    make_task(cast.acme, "Feed the hens", assigned_to=cast.carol)
    make_task(cast.acme, "Mend the fence")
    page = carol.get(TASKS, {"assigned_to": "me", "q": "hens"}).content.decode()
    assert "Feed the hens" in page
    assert "Mend the fence" not in page
    assert '<option value="me" selected>' in page
    assert 'value="hens"' in page


def test_a_bad_filter_is_said_at_its_field(cast, carol):
    make_task(cast.acme, "Feed the hens")
    page = carol.get(TASKS, {"status": "lost"})
    assert page.status_code == 400
    assert page.context["filter"].errors.keys() == {"status"}
    assert "“status” must be one of: open, in_progress, done." in page.content.decode()
    assert "Feed the hens" not in page.content.decode()  # the list without the filter is not what was asked for


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"status": "lost"}, "status"),
        ({"priority": "9"}, "priority"),
        ({"priority": "high"}, "priority"),
        ({"assigned_to": "0x1"}, "assigned_to"),
        ({"assigned_to": "999999999999999999999"}, "assigned_to"),
        ({"due": "yesterday"}, "due"),
        ({"sort": "random"}, "sort"),
        ({"q": "x" * 101}, "q"),
        ({"q": "nul\0"}, "q"),
        ({"status": ["open", "done"]}, "status"),
        ({"after": "nowhere"}, "after"),
        ({"before": "bm93aGVyZQ"}, "before"),
    ],
)
def test_a_program_is_told_which_parameter_is_bad(client, cast, query, parameter):
    client.force_login(cast.carol)
    answer = client.get(TASKS, query)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [parameter]
    assert answer.json()["error"]


def test_an_unknown_parameter_is_refused(client, cast):
    client.force_login(cast.carol)
    answer = client.get(TASKS, {"stauts": "open"})
    assert answer.status_code == 400
    assert "“stauts” is not a filter" in answer.json()["error"]


def test_pages_follow_each_other_and_lead_back(client, cast):
    titles = [f"Task {number}" for number in range(120)]
    for title in titles:
        make_task(cast.acme, title, status=Status.OPEN)
    client.force_login(cast.carol)
    first = client.get(TASKS, {"sort": "oldest", "status": "open"})
    second = client.get(first.json()["next"])
    third = client.get(second.json()["next"])
    assert listed(first) + listed(second) + listed(third) == titles
    assert [len(listed(page)) for page in (first, second, third)] == [50, 50, 20]
    assert (first.json()["previous"], third.json()["next"]) == (None, None)
    assert listed(client.get(third.json()["previous"])) == listed(second)
    assert listed(client.get(second.json()["previous"])) == listed(first)
    assert "status=open" in second.json()["next"]


def test_the_page_has_the_same_links(cast, carol):
    for _ in range(51):
        make_task(cast.acme)
    page = carol.get(TASKS)
    following = carol.get(page.context["next"])
    assert 'rel="next"' in page.content.decode()
    assert 'rel="prev"' not in page.content.decode()
    assert 'rel="prev"' in following.content.decode()


def test_a_bad_cursor_is_said(cast, carol):
    page = carol.get(TASKS, {"after": "nowhere"})
    assert page.status_code == 400
    assert "There is no such page." in page.content.decode()


def test_the_number_of_queries_is_fixed(cast, carol, django_assert_num_queries):
    for more in (1, 20, 60):
        for _ in range(more):
            make_task(cast.acme, assigned_to=make_user(), status=Status.DONE)
        # Session, person, organization with role; ids of the page, its tasks; assignees to choose, organizations.
        with django_assert_num_queries(7):
            assert carol.get(TASKS, {"sort": "due"}).status_code == 200


def test_an_overdue_task_is_marked(cast, carol):
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    make_task(cast.acme, due_date=yesterday, status=Status.DONE)
    assert "overdue</span>" not in carol.get(TASKS).content.decode()
    make_task(cast.acme, due_date=yesterday)
    assert "overdue</span>" in carol.get(TASKS).content.decode()


def test_no_task_at_all(cast, carol, browser):
    assert "Write the first one" in carol.get(TASKS).content.decode()
    viewer = browser(cast.dave).get(TASKS).content.decode()
    assert "No tasks yet" in viewer
    assert "Write the first one" not in viewer


def test_no_task_that_matches(cast, carol):
    make_task(cast.acme)
    page = carol.get(TASKS, {"status": "done"}).content.decode()
    assert "No task matches" in page
    assert "No tasks yet" not in page


def test_the_export_takes_the_filters_along(cast, carol):
    page = carol.get(TASKS, {"status": "open", "q": "a&b", "sort": "due"}).content.decode()
    assert '/orgs/acme/tasks/exports/new/?q=a%26b&amp;status=open&amp;sort=due" hx-boost="true"' in page


def test_viewers_are_offered_nothing_that_they_may_not_do(cast, browser):
    make_task(cast.acme)
    page = browser(cast.dave).get(TASKS).content.decode()
    for offer in ("New task", 'hx-target="#page-dialog"', "Complete"):
        assert offer not in page


def test_titles_are_text(cast, carol):
    make_task(cast.acme, "<script>alert(1)</script>")
    page = carol.get(TASKS).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_page_whose_tasks_have_gone_leads_to_the_first_one(cast, carol):
    tasks = [make_task(cast.acme) for _ in range(51)]
    following = carol.get(TASKS, {"sort": "oldest"}).context["next"]
    tasks[-1].delete()
    page = carol.get(following).content.decode()
    assert "This page is empty by now" in page
    assert 'href="/orgs/acme/tasks/?sort=oldest">Go to the first page' in page
