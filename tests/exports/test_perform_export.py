"""An export runs: its file, and everything that may come between."""

import csv
import gzip
import hashlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from exports.columns import COLUMNS
from exports.models import ExportJob, Format
from jobs.errors import AttemptOver
from jobs.models import Status
from jobs.runner import run, run_claimed
from jobs.sweep import release_dead
from orgs.models import Membership, Role
from tests.cast import make_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


def start(cast, user=None, **wanted):
    return ExportJob.start(cast.acme, user or cast.carol, **wanted)


def performed(job):
    """The job, after its doorbell was answered once."""
    run(ExportJob, job.pk)
    job.refresh_from_db()
    return job


def files_in(media):
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


def test_it_works(cast, media):
    tasks = [make_task(cast.acme, assigned_to=cast.alice) for _ in range(3)]
    make_task(cast.elsewhere)
    job = performed(start(cast))
    assert (job.status, job.progress, job.total, job.error) == (Status.DONE, 3, 3, "")
    assert job.has_file
    assert job.download_name == f"acme-tasks-export-{job.pk}.csv"
    data = job.path.read_bytes()
    assert (job.size, job.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    header, *rows = csv.reader(data.decode().splitlines())
    assert header == ["id", "title", "status", "priority", "assigned_to", "created_at"]
    assert [row[:5] for row in rows] == [
        [str(task.pk), task.title, "open", "3", "alice@acme.test"] for task in reversed(tasks)
    ]
    assert files_in(media) == [f"exports/{cast.acme.pk}/{job.pk}-1.csv", f"exports/{cast.acme.pk}/{job.pk}-1.csv.json"]


def test_a_manifest_tells_what_is_in_the_file(cast):
    make_task(cast.acme, status="done")
    job = performed(start(cast, filters={"status": "done"}, columns=["title"], export_format=Format.CSV_GZ))
    manifest = json.loads(job.path.with_name(f"{job.file}.json").read_text())
    assert timezone.datetime.fromisoformat(manifest.pop("requested_at")) == job.created_at
    assert job.started_at <= timezone.datetime.fromisoformat(manifest.pop("written_at")) <= job.finished_at
    assert manifest == {
        "export": job.pk,
        "organization": "acme",
        "requested_by": "carol@acme.test",
        "filters": {"status": "done"},
        "columns": ["title"],
        "format": "csv.gz",
        "time_zone": "UTC",
        "rows": 1,
        "bytes": job.size,
        "sha256": job.sha256,
    }


@pytest.mark.parametrize("export_format", Format.values)
def test_every_format_holds_every_column(cast, export_format):
    make_task(cast.acme)
    job = performed(start(cast, export_format=export_format, columns=list(COLUMNS)))
    assert (job.status, job.progress) == (Status.DONE, 1)
    data = job.path.read_bytes()
    if export_format.endswith(".gz"):
        data = gzip.decompress(data)
    begins = {"csv": b"id,title,", "xlsx": b"PK\x03\x04", "jsonl": b'{"id":'}
    assert data.startswith(begins[export_format.removesuffix(".gz")])


def test_filters_mean_the_person_who_asked(cast):
    mine, _ = make_task(cast.acme, assigned_to=cast.carol), make_task(cast.acme, assigned_to=cast.bob)
    job = performed(start(cast, filters={"assigned_to": cast.carol.pk}, columns=["id"]))
    assert job.path.read_text().split() == ["id", str(mine.pk)]


def test_a_member_who_was_removed_meanwhile_gets_nothing(cast, media):
    job = start(cast)
    Membership.objects.get(user=cast.carol).remove()
    performed(job)
    assert job.status == Status.FAILED
    assert job.error == "Whoever asked for this export may no longer export this organization's tasks."
    assert files_in(media) == []


def test_a_member_who_may_only_read_meanwhile_gets_nothing(cast):
    job = start(cast)
    Membership.objects.get(user=cast.carol).change_role(Role.VIEWER)
    assert performed(job).status == Status.FAILED


def test_a_person_who_is_switched_off_or_gone_gets_nothing(cast):
    first, second = start(cast), start(cast, user=cast.bob)
    cast.carol.is_active = False
    cast.carol.save()
    cast.bob.delete()
    assert [performed(job).status for job in (first, second)] == [Status.FAILED, Status.FAILED]


def test_filters_that_fit_no_more_fail_in_words(cast):
    job = start(cast, filters={"status": "paused"})
    assert performed(job).error == (
        "The filters do not fit any more: “status” must be one of: open, in_progress, done."
    )


def test_a_cancelled_export_leaves_no_file(cast, media):
    make_task(cast.acme)
    job = start(cast)
    claimed = ExportJob.objects.claim(job.pk)
    assert job.cancel()
    run_claimed(claimed)
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    assert files_in(media) == []


def test_one_cancelled_after_its_last_heartbeat_leaves_no_file(cast, media):
    make_task(cast.acme)
    claimed = ExportJob.objects.claim(start(cast).pk)
    columns = claimed.perform()
    assert len(files_in(media)) == 2
    ExportJob.objects.get().cancel()
    with pytest.raises(AttemptOver):
        claimed.finish(**columns)
    assert files_in(media) == []


def test_a_superseded_worker_cannot_touch_its_successors_file(cast, media):
    make_task(cast.acme)
    slow = ExportJob.objects.claim(start(cast).pk)
    ExportJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    release_dead("exports")
    job = performed(ExportJob.objects.get())
    assert (job.status, job.attempt) == (Status.DONE, 2)
    before = files_in(media)
    run_claimed(slow)  # it wakes up, and believes that the job is still its own
    job.refresh_from_db()
    assert (job.status, job.file) == (Status.DONE, f"{job.pk}-2.csv")
    assert files_in(media) == before


def test_what_a_killed_worker_left_is_removed(cast, media):
    job = start(cast)
    job.folder.mkdir(parents=True)
    ExportJob.objects.update(attempt=1)
    (job.folder / f"{job.pk}-1.csv.tmp").write_text("half a fi")
    (job.folder / f"{job.pk}1-1.csv").write_text("another export's")
    performed(job)
    assert [path.rpartition("/")[2] for path in files_in(media)] == [
        f"{job.pk}-2.csv",
        f"{job.pk}-2.csv.json",
        f"{job.pk}1-1.csv",
    ]


def test_again_asks_for_the_same(cast):
    job = performed(start(cast, filters={"status": "open"}, columns=["title"], export_format="jsonl"))
    again = job.repeat(cast.alice)
    assert again.pk != job.pk
    assert again.requested_by == cast.alice
    assert (again.filters, again.columns, again.export_format) == ({"status": "open"}, ["title"], "jsonl")
