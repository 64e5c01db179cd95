"""POST …/exports/<id>/again/"""

import pytest

from exports.models import LIMIT, ExportJob
from orgs.models import Role
from tests.cast import make_task, make_user
from tests.exports.conftest import EXPORTS

WANTED = {"filters": {"status": "open", "sort": "due"}, "columns": ["title"], "export_format": "jsonl", "bom": True}


def wanted_of(job):
    return {name: getattr(job, name) for name in WANTED}


@pytest.mark.django_db(transaction=True)
def test_it_works(cast, carol, make_exports):
    make_task(cast.acme, "Feed the hens")
    make_task(cast.acme, "Mend the fence", status="done")
    (job,) = make_exports(1, **WANTED)
    answer = carol.post(f"{job.pk}/again/")
    assert answer.status_code == 202
    again = ExportJob.objects.get(pk=answer.json()["job_id"])
    assert again.pk != job.pk
    assert wanted_of(again) == WANTED
    assert again.path.read_text() == '{"title":"Feed the hens"}\n'


def test_a_browser_goes_to_the_new_one(browsing_carol, make_exports):
    (job,) = make_exports(1, **WANTED)
    answer = browsing_carol.post(f"{job.pk}/again/")
    assert answer.headers["Location"] == f"{EXPORTS}{ExportJob.objects.latest('pk').pk}/"


def test_whoever_asks_owns_the_new_one(cast, visit, make_exports, no_worker):
    (job,) = make_exports(1, filters={"assigned_to": cast.carol.pk})
    visit(cast.bob).post(f"{job.pk}/again/")
    again = ExportJob.objects.latest("pk")
    assert again.requested_by == cast.bob
    assert again.filters == {"assigned_to": cast.carol.pk}


@pytest.fixture
def unfitting(cast, make_exports):
    """An export of the tasks of somebody whose account is gone."""
    frank = make_user("Frank")
    (job,) = make_exports(1, filters={"assigned_to": frank.pk, "status": "open"})
    frank.delete()
    return job


def test_filters_that_do_not_fit_any_more_are_named(carol, browsing_carol, unfitting):
    answer = carol.post(f"{unfitting.pk}/again/")
    assert answer.status_code == 400
    assert answer.json()["fields"].keys() == {"assigned_to"}
    page = browsing_carol.post(f"{unfitting.pk}/again/")
    assert page.status_code == 400
    assert "“assigned_to” must be the id of a member" in page.content.decode()
    assert "Go to the task list" in page.content.decode()
    assert ExportJob.objects.count() == 1


def test_a_column_that_is_gone_is_named(carol, make_exports):
    (job,) = make_exports(1, columns=["title", "colour"])
    assert carol.post(f"{job.pk}/again/").json()["fields"].keys() == {"columns"}


def test_one_too_many_is_refused(cast, carol, browsing_carol, make_exports, no_worker):
    (job,) = make_exports(1)
    for _ in range(LIMIT):
        ExportJob.start(cast.acme, cast.carol)
    for visitor in (carol, browsing_carol):
        answer = visitor.post(f"{job.pk}/again/")
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert "3 unfinished exports" in answer.content.decode()


def test_others_do_not_find_it(cast, visit, erin, make_exports):
    (job,) = make_exports(1)
    assert [visit(user).post(f"{job.pk}/again/").status_code for user in (erin, cast.mallory)] == [404, 404]
    own = visit(cast.mallory).client.post(f"/orgs/elsewhere/tasks/exports/{job.pk}/again/")
    assert own.status_code == 404


def test_who_became_a_viewer_may_not(cast, carol, make_exports):
    (job,) = make_exports(1)
    cast.acme.memberships.filter(user=cast.carol).update(role=Role.VIEWER)
    assert carol.post(f"{job.pk}/again/").status_code == 403
