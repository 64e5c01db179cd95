"""The schedule that deletes what imports no longer need."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from exports.imports.models import TaskImport, Upload
from exports.imports.tasks import delete_expired_imports
from jobs.schedules import registry
from tests.exports.builders import make_upload, run_import

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]

WRONG = "title,status\r\nA,wrong\r\n"


def age(job, days):
    then = timezone.now() - timedelta(days=days)
    TaskImport.objects.filter(pk=job.pk).update(created_at=then, finished_at=job.finished_at and then)
    Upload.objects.filter(pk=job.upload_id).update(created_at=then)


def test_it_works(cast, settings):
    old, young = (run_import(cast.acme, cast.carol, WRONG) for _ in range(2))
    age(old, settings.KEEP_HISTORY_DAYS + 1)
    age(young, settings.KEEP_HISTORY_DAYS - 1)
    delete_expired_imports()
    assert list(TaskImport.objects.all()) == [young]
    assert (old.path.exists(), young.path.exists()) == (False, True)
    assert registry["exports.imports.delete_expired_imports"].catch_up


def test_a_file_that_was_sent_is_kept_a_week_unless_an_import_waits_for_it(cast):
    old, young = (run_import(cast.acme, cast.carol, WRONG).upload for _ in range(2))
    waiting = TaskImport.start(make_upload(cast.acme, cast.carol, WRONG), cast.carol, mapping={"title": 0})
    age(old.imports.get(), 7.1)
    age(young.imports.get(), 6.9)
    age(waiting, 8)
    delete_expired_imports()
    assert set(Upload.objects.all()) == {young, waiting.upload}
    assert (old.path.exists(), young.path.exists(), waiting.upload.path.exists()) == (False, True, True)


def test_files_without_a_row_are_deleted_once_they_are_old(cast, settings, media):
    known = run_import(cast.acme, cast.carol, WRONG)
    folder = known.path.parent
    strays = [
        folder / "gone.upload",
        folder / f"{known.pk}-99.rejected.csv",
        folder / "999-1.rejected.csv.tmp",
        folder / "what-is.this",
        settings.FILE_UPLOAD_TEMP_DIR / "left.upload",
    ]
    fresh = folder / "being-written.upload"
    for path in [*strays, fresh]:
        path.write_text("stray")
    then = time.time() - 24 * 3600
    for path in [*strays, known.path, known.upload.path]:
        os.utime(path, (then, then))
    delete_expired_imports()
    assert not [path for path in strays if path.exists()]
    assert fresh.exists()
    assert known.path.exists()
    assert known.upload.path.exists()
