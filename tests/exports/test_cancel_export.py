"""POST …/exports/<id>/cancel/"""

import pytest

from exports.models import ExportJob
from jobs.models import Status
from orgs.models import Role
from tests.exports.conftest import EXPORTS


@pytest.fixture
def pending(cast, no_worker):
    return ExportJob.start(cast.acme, cast.carol)


def status_of(job):
    job.refresh_from_db()
    return job.status


def test_it_works(pending, carol):
    answer = carol.post(f"{pending.pk}/cancel/")
    assert answer.status_code == 200
    assert (answer.json()["job_id"], answer.json()["status"]) == (pending.pk, "cancelled")
    assert status_of(pending) == Status.CANCELLED


def test_a_browser_goes_back_to_the_export(pending, browsing_carol):
    answer = browsing_carol.post(f"{pending.pk}/cancel/")
    assert answer.headers["Location"] == f"{EXPORTS}{pending.pk}/"
    assert "Cancelled" in browsing_carol.get(f"{pending.pk}/").content.decode()


def test_a_running_one_is_stopped(cast, carol, pending):
    running = ExportJob.objects.claim(pending.pk)
    assert running.status == Status.RUNNING
    assert carol.post(f"{pending.pk}/cancel/").json()["status"] == "cancelled"


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED, Status.CANCELLED])
def test_what_has_ended_stays_as_it_is(carol, make_exports, status):
    (job,) = make_exports(1, status=status)
    answer = carol.post(f"{job.pk}/cancel/")
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert status_of(job) == status


@pytest.mark.parametrize(("person", "answer"), [("bob", 200), ("alice", 200), ("dave", 403), ("mallory", 404)])
def test_owners_and_admins_may_cancel_those_of_others(cast, visit, pending, person, answer):
    assert visit(getattr(cast, person)).post(f"{pending.pk}/cancel/").status_code == answer
    assert status_of(pending) == (Status.CANCELLED if answer == 200 else Status.PENDING)


def test_a_member_may_not_cancel_those_of_others(pending, visit, erin):
    assert visit(erin).post(f"{pending.pk}/cancel/").status_code == 404
    assert status_of(pending) == Status.PENDING


def test_who_became_a_viewer_may_not(cast, carol, pending):
    cast.acme.memberships.filter(user=cast.carol).update(role=Role.VIEWER)
    assert carol.post(f"{pending.pk}/cancel/").status_code == 403
    assert status_of(pending) == Status.PENDING


def test_another_organization_s_is_not_found(cast, visit, pending):
    answer = visit(cast.mallory).client.post(f"/orgs/elsewhere/tasks/exports/{pending.pk}/cancel/")
    assert answer.status_code == 404
    assert status_of(pending) == Status.PENDING


def test_looking_does_not_cancel(pending, carol):
    assert carol.get(f"{pending.pk}/cancel/").status_code == 405
    assert status_of(pending) == Status.PENDING


def test_a_form_from_elsewhere_is_refused(cast, visit, pending):
    assert visit(cast.carol, enforce_csrf_checks=True).post(f"{pending.pk}/cancel/").status_code == 403
    assert status_of(pending) == Status.PENDING
