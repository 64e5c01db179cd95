"""POST …/exports/start/ as a program does it."""

import csv
import gzip

import pytest

from exports.models import LIMIT, ExportJob, Format
from tests.cast import make_task
from tests.exports.conftest import EXPORTS

# The worker reads with a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def rows_of(job):
    return list(csv.DictReader(job.path.read_text().splitlines()))


def test_it_works(cast, carol):
    tasks = [make_task(cast.acme, "Feed the hens", assigned_to=cast.bob), make_task(cast.acme, "Mend the fence")]
    answer = carol.post("start/")
    assert answer.status_code == 202
    job = ExportJob.objects.get()
    where = f"{EXPORTS}{job.pk}/"
    assert answer.json() == {
        "status": "accepted",
        "job_id": job.pk,
        "job_status_url": where,
        "job_download_url": f"{where}download/",
    }
    assert answer.headers["Location"] == where
    assert (job.organization, job.requested_by, job.status) == (cast.acme, cast.carol, "done")
    assert [list(row.items())[:5] for row in rows_of(job)] == [
        [("id", str(task.pk)), ("title", task.title), ("status", "open"), ("priority", "3"), ("assigned_to", email)]
        for task, email in [(tasks[1], ""), (tasks[0], "bob@acme.test")]
    ]


@pytest.mark.parametrize("by", ["query string", "form", "both"])
def test_filters_come_by_query_string_and_by_form(cast, carol, by):
    make_task(cast.acme, "Feed the hens", status="done", assigned_to=cast.carol)
    make_task(cast.acme, "Feed the cat", status="done")
    make_task(cast.acme, "Mend the fence", assigned_to=cast.carol)
    query, form = {
        "query string": ("?status=done&assigned_to=me&sort=oldest", {}),
        "form": ("", {"status": "done", "assigned_to": "me", "sort": "oldest"}),
        "both": ("?status=done&sort=oldest", {"assigned_to": "me"}),
    }[by]
    assert carol.post(f"start/{query}", form).status_code == 202
    job = ExportJob.objects.get()
    assert job.filters == {"status": "done", "assigned_to": cast.carol.pk, "sort": "oldest"}
    assert [row["title"] for row in rows_of(job)] == ["Feed the hens"]


def test_the_place_in_the_list_does_not_matter(cast, carol):
    make_task(cast.acme)
    assert carol.post("start/?status=open&after=LWNyZWF0ZWRfYXR8").status_code == 202
    assert ExportJob.objects.get().progress == 1


@pytest.mark.parametrize("columns", [["title", "id"], ["title,id"], [" title , id ,"], ["title", "", "id"]])
def test_columns_come_repeated_or_with_commas_in_their_order(cast, carol, columns):
    task = make_task(cast.acme, "Feed")
    job = carol.start(columns=columns)
    assert rows_of(job) == [{"title": "Feed", "id": str(task.pk)}]
    assert job.path.read_text().startswith("title,id")


@pytest.mark.parametrize("export_format", Format.values)
def test_every_format_can_be_had(cast, carol, export_format):
    make_task(cast.acme)
    job = carol.start(export_format=export_format)
    data = job.path.read_bytes()
    data = gzip.decompress(data) if export_format.endswith(".gz") else data
    begin = {"csv": b"id,title", "xlsx": b"PK", "jsonl": b'{"id":'}[export_format.removesuffix(".gz")]
    assert data.startswith(begin)


@pytest.mark.parametrize(("bom", "begin"), [("true", b"\xef\xbb\xbfid"), ("1", b"\xef\xbb\xbfid"), ("false", b"id")])
def test_a_byte_order_mark_can_be_had(cast, carol, bom, begin):
    assert carol.start(bom=bom).path.read_bytes().startswith(begin)


def test_one_too_many_is_refused_until_one_has_ended(cast, carol, no_worker):
    jobs = [carol.start() for _ in range(LIMIT)]
    answer = carol.post("start/")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "3 unfinished exports" in answer.json()["error"]
    assert ExportJob.objects.count() == LIMIT
    jobs[0].cancel()
    assert carol.post("start/").status_code == 202


# ---- who may


@pytest.mark.parametrize(("person", "status"), [("dave", 403), ("mallory", 404), ("bob", 202), ("alice", 202)])
def test_owners_admins_and_members_may(cast, visit, person, status):
    answer = visit(getattr(cast, person)).post("start/")
    assert answer.status_code == status
    assert ExportJob.objects.exists() == (status == 202)


def test_nobody_is_asked_to_sign_in(cast, visit):
    assert visit().post("start/").status_code == 401
    assert visit(accept="text/html").post("start/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_form_from_elsewhere_is_refused(cast, visit, accept):
    assert visit(cast.carol, accept, enforce_csrf_checks=True).post("start/").status_code == 403
    assert not ExportJob.objects.exists()
