"""GET …/exports/<id>/: how far an export is."""

import pytest

from exports.models import ExportJob
from jobs.models import Status
from orgs.models import Role
from tests.cast import make_task


@pytest.fixture
def pending(cast, no_worker):
    return ExportJob.start(cast.acme, cast.carol)


def test_it_works(pending, carol):
    answer = carol.get(f"{pending.pk}/")
    assert answer.status_code == 200
    assert answer.json() == {
        "job_id": pending.pk,
        "status": "pending",
        "error": "",
        "created_at": pending.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "started_at": None,
        "finished_at": None,
        "has_file": False,
        "progress": 0,
        "total": None,
    }
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.django_db(transaction=True)
def test_the_end_is_told(cast, carol):
    for _ in range(3):
        make_task(cast.acme)
    told = carol.get(f"{carol.start().pk}/").json()
    assert (told["status"], told["has_file"], told["progress"], told["total"]) == ("done", True, 3, 3)
    assert told["created_at"] <= told["started_at"] <= told["finished_at"]


def test_a_failure_is_told_in_words(cast, carol, no_worker):
    job = ExportJob.start(cast.acme, cast.carol)
    ExportJob.objects.filter(pk=job.pk).update(status=Status.FAILED, error="There is no room left for the file.")
    told = carol.get(f"{job.pk}/").json()
    assert (told["status"], told["error"], told["has_file"]) == ("failed", "There is no room left for the file.", False)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other", W/{}', "*"])
def test_what_has_not_changed_is_not_sent_again(pending, carol, form):
    tag = carol.get(f"{pending.pk}/").headers["ETag"]
    answer = carol.get(f"{pending.pk}/", **{"if-none-match": form.format(tag)})
    assert answer.status_code == 304
    assert answer.content == b""
    assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (tag, "private, no-cache")


@pytest.mark.parametrize("tag", ['"other"', "nonsense", ""])
def test_another_tag_gets_the_whole(pending, carol, tag):
    assert carol.get(f"{pending.pk}/", **{"if-none-match": tag}).status_code == 200


def test_progress_changes_the_tag(pending, carol):
    tag = carol.get(f"{pending.pk}/").headers["ETag"]
    ExportJob.objects.filter(pk=pending.pk).update(status=Status.RUNNING, progress=10, total=100)
    answer = carol.get(f"{pending.pk}/", **{"if-none-match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag
    assert answer.json()["progress"] == 10


# ---- as a page


def test_the_page_shows_the_bar(cast, browsing_carol, no_worker):
    job = ExportJob.start(cast.acme, cast.carol, filters={"status": "open", "assigned_to": cast.bob.pk})
    page = browsing_carol.get(f"{job.pk}/").content.decode()
    for words in ("Waiting for a worker", "<dd>Status: Open<br>Assigned to: Bob</dd>", f"/exports/{job.pk}/cancel/"):
        assert words in page
    ExportJob.objects.filter(pk=job.pk).update(status=Status.RUNNING, progress=250_000, total=1_000_000)
    page = browsing_carol.get(f"{job.pk}/").content.decode()
    assert '<progress max="1000000" value="250000"' in page
    assert "250,000 of 1,000,000 rows" in page


@pytest.mark.django_db(transaction=True)
def test_the_page_leads_to_the_file(cast, carol, browsing_carol):
    make_task(cast.acme)
    job = carol.start()
    page = browsing_carol.get(f"{job.pk}/").content.decode()
    assert "<dd>Number, Title, Status, Priority, Assigned to, Created</dd>" in page
    for words in ("Done", job.sha256, f"/exports/{job.pk}/download/", f"/exports/{job.pk}/again/"):
        assert words in page
    assert "/cancel/" not in page


def test_the_page_explains_a_failure_and_a_missing_file(browsing_carol, make_exports):
    (failed,) = make_exports(1, status=Status.FAILED, error="There is no room left for the file.")
    assert "There is no room left for the file." in browsing_carol.get(f"{failed.pk}/").content.decode()
    (gone,) = make_exports(1)
    page = browsing_carol.get(f"{gone.pk}/").content.decode()
    assert "The file is no longer there: files are kept for 7 days." in page
    assert "/download/" not in page


def test_the_page_names_a_column_that_there_is_no_more(browsing_carol, make_exports):
    (job,) = make_exports(1, columns=["title", "colour"])
    assert "<dd>Title, colour</dd>" in browsing_carol.get(f"{job.pk}/").content.decode()


def test_the_page_tells_filters_that_do_not_fit_any_more(browsing_carol, make_exports):
    (job,) = make_exports(1, filters={"assigned_to": 999})
    page = browsing_carol.get(f"{job.pk}/").content.decode()
    assert "<dd>assigned_to: 999</dd>" in page


def test_a_viewer_is_offered_nothing_to_do(cast, visit, make_exports):
    (job,) = make_exports(1)
    (waiting,) = make_exports(1, status=Status.PENDING, file="")
    cast.acme.memberships.filter(user=cast.carol).update(role=Role.VIEWER)
    for export in (job, waiting):
        page = visit(cast.carol, "text/html").get(f"{export.pk}/").content.decode()
        assert not [action for action in ("download", "again", "cancel") if f"/exports/{export.pk}/{action}/" in page]


# ---- who may


@pytest.mark.parametrize(
    ("person", "status"), [("alice", 200), ("bob", 200), ("carol", 200), ("erin", 404), ("dave", 404), ("mallory", 404)]
)
def test_owners_and_admins_see_all_and_others_their_own(cast, visit, pending, erin, person, status):
    user = erin if person == "erin" else getattr(cast, person)
    assert visit(user).get(f"{pending.pk}/").status_code == status
    assert visit(user, "text/html").get(f"{pending.pk}/").status_code == status


def test_nobody_is_asked_to_sign_in(pending, visit):
    assert visit().get(f"{pending.pk}/").status_code == 401
    assert visit(accept="text/html").get(f"{pending.pk}/").status_code == 302


def test_another_organization_s_is_not_found(cast, visit, pending):
    other = ExportJob.start(cast.elsewhere, cast.mallory)
    assert visit(cast.alice).get(f"{other.pk}/").status_code == 404
    own = visit(cast.mallory).client.get(f"/orgs/elsewhere/tasks/exports/{pending.pk}/")
    assert own.status_code == 404


@pytest.mark.parametrize("number", [0, 10**30, "x", "-1", "1.5", "1%00", "../1"])
def test_what_is_no_number_of_an_export_is_not_found(carol, number):
    assert carol.get(f"{number}/").status_code == 404
