"""Jobs of an earlier release that hold what this one does not know: they fail in words, and pages show them."""

import pytest

from config.queues import QUEUES
from exports.imports.models import TaskImport
from exports.models import ExportJob
from exports.saved import SavedExport
from jobs.runner import run
from orgs.models import BulkEdit
from tests.cast import make_task
from tests.exports.builders import make_saved_export, make_upload


@pytest.fixture(autouse=True)
def no_worker(immediate_queues, settings, tmp_path):
    """Jobs stay pending."""
    settings.MEDIA_ROOT = tmp_path
    for queue in QUEUES.values():
        queue.immediate = False


@pytest.fixture
def tasks(cast):
    return [make_task(cast.acme).pk for _ in range(3)]


def ended(job, **columns):
    """The job after it has run with these columns."""
    type(job).objects.filter(pk=job.pk).update(**columns)
    run(type(job), job.pk)
    job.refresh_from_db()
    return job


def test_a_column_of_an_export(cast, tasks, carol):
    job = ended(ExportJob.start(cast.acme, cast.carol), columns=["id", "colour"])
    assert (job.status, job.error) == ("failed", "There is no column colour any more.")
    for page in "", f"{job.pk}/":
        assert carol.get(f"/orgs/acme/tasks/exports/{page}").status_code == 200
    assert carol.post(f"/orgs/acme/tasks/exports/{job.pk}/again/").status_code == 400


def test_a_filter_of_an_export(cast, tasks, carol):
    job = ended(ExportJob.start(cast.acme, cast.carol), filters={"colour": "red"})
    assert job.status == "failed"
    assert "“colour” is not a filter." in job.error
    assert "colour" in carol.get(f"/orgs/acme/tasks/exports/{job.pk}/").content.decode()


def test_a_recurring_export(cast, carol):
    saved = make_saved_export(cast.acme, cast.carol)
    SavedExport.objects.update(columns=["colour"], filters={"colour": "red"})
    for page in "", f"{saved.pk}/":
        assert carol.get(f"/orgs/acme/tasks/exports/recurring/{page}").status_code == 200


def test_a_column_of_an_import(cast, carol):
    upload = make_upload(cast.acme, cast.carol, "title\r\nA\r\n")
    job = ended(TaskImport.start(upload, cast.carol, mapping={"title": 0, "colour": 0}))
    assert (job.status, job.error) == ("failed", "There is no column colour any more. Choose the columns again.")
    for page in "", f"{job.pk}/":
        assert carol.get(f"/orgs/acme/tasks/imports/{page}").status_code == 200


@pytest.mark.parametrize("values", [{"colour": "red"}, {"status": "frozen"}, {"priority": 9}])
def test_a_value_of_a_bulk_edit(cast, tasks, carol, values, monkeypatch):
    monkeypatch.setattr("orgs.models.bulk_edit.BATCH", 1)
    job = ended(BulkEdit.start(cast.acme, cast.carol, tasks, values={"status": "done"}), values=values)
    assert (job.status, job.error) == ("failed", "Tasks have no such columns or values any more. Change them anew.")
    assert not cast.acme.tasks.exclude(status="open", priority=3).exists()
    assert carol.get(f"/orgs/acme/tasks/bulk/{job.pk}/").status_code == 200
