"""GET …/exports/: the list."""

from urllib.parse import urlsplit

import pytest

from exports.models import ExportJob
from orgs.newest import PAGE
from tests.exports.conftest import EXPORTS


def listed(answer):
    assert answer.status_code == 200
    return [export["job_id"] for export in answer.json()["exports"]]


def ids(jobs):
    return [job.pk for job in reversed(jobs)]


def test_it_works(carol, browsing_carol, make_exports):
    jobs = make_exports(2)
    answer = carol.get()
    assert listed(answer) == ids(jobs)
    assert answer.json()["next"] is answer.json()["previous"] is None
    page = browsing_carol.get().content.decode()
    for job in jobs:
        assert f"acme-tasks-export-{job.pk}.csv" in page


@pytest.mark.parametrize(("person", "number"), [("alice", 3), ("bob", 3), ("carol", 2), ("dave", 0)])
def test_owners_and_admins_see_all_and_others_their_own(cast, visit, make_exports, no_worker, person, number):
    make_exports(2)
    make_exports(1, user=cast.bob)
    ExportJob.start(cast.elsewhere, cast.mallory)
    visitor = visit(getattr(cast, person))
    assert len(listed(visitor.get())) == number
    page = visit(getattr(cast, person), "text/html").get()
    assert len(page.context["jobs"]) == number


def test_pages_go_there_and_back(carol, make_exports):
    jobs = ids(make_exports(2 * PAGE + 10))
    first = carol.get()
    assert listed(first) == jobs[:PAGE]
    assert first.json()["previous"] is None
    second = carol.client.get(first.json()["next"])
    assert listed(second) == jobs[PAGE : 2 * PAGE]
    third = carol.client.get(second.json()["next"])
    assert listed(third) == jobs[2 * PAGE :]
    assert third.json()["next"] is None
    assert listed(carol.client.get(third.json()["previous"])) == jobs[PAGE : 2 * PAGE]
    # The first page is a full one, wherever one comes from.
    assert listed(carol.get("", {"after": jobs[20]})) == jobs[:PAGE]
    assert carol.get("", {"after": jobs[20]}).json()["previous"] is None


def test_pages_link_to_each_other_and_renew_themselves(browsing_carol, make_exports):
    jobs = ids(make_exports(PAGE + 1))
    page = browsing_carol.get()
    address = page.context["next"]
    assert f'<a class="button" rel="next" href="{address}">' in page.content.decode()
    page = browsing_carol.client.get(address)
    assert [job.pk for job in page.context["jobs"]] == jobs[PAGE:]
    assert f'hx-get="{address}"' in page.content.decode()
    assert page.context["previous"]
    assert urlsplit(address).path == EXPORTS


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"before": "x"}, "“before”"),
        ({"after": "-1"}, "“after”"),
        ({"before": ""}, "“before”"),
        ({"before": "9" * 19}, "“before”"),
        ({"after": "1\0"}, "“after”"),
        ({"after": "x" * 1_000_000}, "“after”"),
        ({"before": "1", "after": "1"}, "“before”"),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_bad_place_is_named(cast, visit, query, word, accept):
    answer = visit(cast.carol, accept).get("", query)
    assert answer.status_code == 400
    assert word in answer.content.decode() if accept == "text/html" else answer.json()["error"]
    assert len(answer.content) < 30_000


def test_the_empty_list_says_what_to_do(cast, visit, browsing_carol):
    page = browsing_carol.get().content.decode()
    assert "No exports yet" in page
    assert "Export tasks" in page
    page = visit(cast.dave, "text/html").get().content.decode()
    assert "Viewers cannot export." in page
    assert "Export tasks" not in page


def test_a_page_behind_the_last_leads_back(browsing_carol, make_exports):
    (job,) = make_exports(1)
    page = browsing_carol.get("", {"before": job.pk}).content.decode()
    assert "No older exports" in page
    assert "No exports yet" not in page


def test_it_takes_the_same_few_queries_however_many_there_are(cast, visit, make_exports, django_assert_max_num_queries):
    make_exports(PAGE, user=cast.bob)
    alice = visit(cast.alice, "text/html")
    with django_assert_max_num_queries(6):
        alice.get()
