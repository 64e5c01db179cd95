"""GET …/exports/<id>/download/: the file, and who may have it."""

import os
import tracemalloc
from datetime import timedelta

import pytest
from django.utils import timezone

from exports.models import ExportJob, Format
from exports.tasks import delete_expired_exports
from jobs.models import Status
from orgs.models import Role

DATA = bytes(range(256)) * 4
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
}


@pytest.fixture
def make_done(make_exports):
    """make_done(data) is a done export of Carol's with a file of these bytes."""

    def build(data=DATA, export_format="csv", **fields):
        fields = {"finished_at": timezone.now(), "sha256": "5ha", "size": len(data), **fields}
        (job,) = make_exports(1, file=f"1-1.{export_format}", export_format=export_format, **fields)
        job.folder.mkdir(parents=True, exist_ok=True)
        job.path.write_bytes(data)
        return job

    return build


@pytest.fixture
def done(make_done):
    return make_done()


def content(answer):
    return b"".join(answer.streaming_content)


def test_it_works(done, carol):
    answer = carol.get(f"{done.pk}/download/")
    assert answer.status_code == 200
    assert content(answer) == DATA
    headers = {name: answer.headers[name] for name in ("Content-Disposition", "Content-Length", "Accept-Ranges")}
    assert headers == {
        "Content-Disposition": f'attachment; filename="acme-tasks-export-{done.pk}.csv"',
        "Content-Length": "1024",
        "Accept-Ranges": "bytes",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["ETag"] == '"5ha"'


@pytest.mark.parametrize("export_format", Format.values)
def test_each_format_has_its_type_and_name(carol, make_done, export_format):
    job = make_done(export_format=export_format)
    answer = carol.get(f"{job.pk}/download/")
    assert content(answer) == DATA
    expected = TYPES.get(export_format, "application/gzip")
    assert answer.headers["Content-Type"] == expected
    assert "Content-Encoding" not in answer.headers  # the file itself is compressed, not its transfer
    name = f"acme-tasks-export-{job.pk}.{export_format}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


def test_head_tells_the_length_and_sends_nothing(done, carol):
    answer = carol.head(f"{done.pk}/download/", range="bytes=0-9")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "1024")
    assert content(answer) == b""


# ---- parts


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=1000-", 1000, 1023),
        ("bytes=1000-9999", 1000, 1023),
        ("bytes=0-", 0, 1023),
        ("bytes=-1", 1023, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=-9999", 0, 1023),
        ("bytes= 10-19", 10, 19),
        ("Bytes=10-19", 10, 19),
    ],
)
def test_a_part_can_be_had(done, carol, wanted, first, last):
    answer = carol.get(f"{done.pk}/download/", range=wanted)
    assert answer.status_code == 206
    assert content(answer) == DATA[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/1024"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.headers["Content-Disposition"].endswith(f'"acme-tasks-export-{done.pk}.csv"')


@pytest.mark.parametrize("wanted", ["bytes=1024-", "bytes=5000-6000", "bytes=-0", f"bytes={10**17}-"])
def test_a_part_beyond_the_end_is_refused(done, carol, wanted):
    answer = carol.get(f"{done.pk}/download/", range=wanted)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize(
    "wanted", ["bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "rows=0-9", "bytes=0-1,3-4", "0-9", f"bytes={10**30}-"]
)
def test_what_is_no_range_is_ignored(done, carol, wanted):
    answer = carol.get(f"{done.pk}/download/", range=wanted)
    assert answer.status_code == 200
    assert content(answer) == DATA


def test_a_part_is_only_joined_to_the_same_file(done, carol):
    def status(condition):
        answer = carol.get(f"{done.pk}/download/", range="bytes=0-9", **{"if-range": condition})
        assert len(content(answer)) == (10 if answer.status_code == 206 else 1024)
        return answer.status_code

    modified = carol.head(f"{done.pk}/download/").headers["Last-Modified"]
    assert status('"5ha"') == status(modified) == 206
    assert status('"other"') == status('W/"5ha"') == status("Mon, 01 Jan 2001 00:00:00 GMT") == status("x") == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [({"if-match": '"5ha"'}, 200), ({"if-match": '"other"'}, 412), ({"if-none-match": '"5ha"'}, 304)],
)
def test_preconditions_hold(done, carol, condition, status):
    assert carol.get(f"{done.pk}/download/", **condition).status_code == status


def test_an_empty_file_can_be_had(carol, make_done):
    job = make_done(b"", "jsonl")
    assert content(carol.get(f"{job.pk}/download/")) == b""
    assert carol.get(f"{job.pk}/download/", range="bytes=0-").status_code == 416


# ---- what it costs


def open_files():
    files = (f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd"))
    return {os.readlink(file) for file in files if os.path.exists(file)}


@pytest.mark.parametrize("wanted", ["", "bytes=5-", "bytes=1024-", "bytes=-0"])
def test_the_file_is_closed_with_the_answer(done, carol, wanted):
    answer = carol.get(f"{done.pk}/download/", range=wanted)
    assert (str(done.path) in open_files()) == (answer.status_code != 416)
    answer.close()
    assert str(done.path) not in open_files()


@pytest.mark.parametrize("wanted", ["", "bytes=7-"])
def test_memory_does_not_grow_with_the_file(carol, make_done, wanted):
    job = make_done(b"")
    os.truncate(job.path, 50_000_000)
    tracemalloc.start()
    answer = carol.get(f"{job.pk}/download/", range=wanted)
    size = sum(len(piece) for piece in answer.streaming_content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == int(answer.headers["Content-Length"]) > 49_000_000
    assert peak < 3_000_000


# ---- no file


@pytest.mark.parametrize("status", [Status.PENDING, Status.RUNNING, Status.FAILED, Status.CANCELLED])
def test_there_is_no_file_unless_it_is_done(carol, browsing_carol, make_exports, status):
    (job,) = make_exports(1, status=status, file="", size=None)
    answer = carol.get(f"{job.pk}/download/")
    assert answer.status_code == 404
    assert answer.json() == {"error": f"This export has no file. Its status is “{status.value}”."}
    page = browsing_carol.get(f"{job.pk}/download/")
    assert page.status_code == 404
    assert f'data-status="{status}"' in page.content.decode()
    # It renews itself from the page of the export, not from here.
    assert f'hx-get="/orgs/acme/tasks/exports/{job.pk}/"' in page.content.decode()


def test_a_file_that_has_vanished_is_explained(done, carol, browsing_carol):
    done.path.unlink()
    assert carol.get(f"{done.pk}/download/").status_code == 404
    assert carol.get(f"{done.pk}/").json()["has_file"] is False
    page = browsing_carol.get(f"{done.pk}/download/")
    assert page.status_code == 404
    assert "The file is no longer there" in page.content.decode()


def test_it_is_gone_once_it_has_expired(carol, done):
    then = timezone.now() - timedelta(days=8)
    ExportJob.objects.update(created_at=then, finished_at=then)
    delete_expired_exports()
    assert carol.get(f"{done.pk}/download/").status_code == 404


# ---- who may


@pytest.mark.parametrize(
    ("person", "status"), [("alice", 200), ("bob", 200), ("carol", 200), ("erin", 404), ("dave", 403), ("mallory", 404)]
)
def test_only_those_who_see_the_export_get_the_file(cast, visit, done, erin, person, status):
    user = erin if person == "erin" else getattr(cast, person)
    assert visit(user).get(f"{done.pk}/download/").status_code == status


def test_nobody_is_asked_to_sign_in(done, visit):
    assert visit().get(f"{done.pk}/download/").status_code == 401
    assert "/accounts/login/" in visit(accept="text/html").get(f"{done.pk}/download/").headers["Location"]


def test_who_has_left_meanwhile_does_not_get_it(cast, carol, done):
    cast.acme.memberships.filter(user=cast.carol).delete()
    assert carol.get(f"{done.pk}/download/").status_code == 404


def test_who_became_a_viewer_meanwhile_does_not_get_it(cast, carol, done):
    cast.acme.memberships.filter(user=cast.carol).update(role=Role.VIEWER)
    assert carol.get(f"{done.pk}/download/").status_code == 403


def test_another_organization_s_is_not_found(cast, visit, done):
    mallory = visit(cast.mallory).client
    assert mallory.get(f"/orgs/elsewhere/tasks/exports/{done.pk}/download/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fsecret_key/download/",
        "1/download/../../secret_key",
        "1/download/%2e%2e/",
        "1%00/download/",
        "-1/download/",
    ],
)
def test_paths_lead_nowhere_else(done, carol, path):
    assert carol.get(path).status_code == 404
