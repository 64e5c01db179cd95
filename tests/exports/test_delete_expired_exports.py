"""The schedule that deletes what nobody will fetch any more."""

import os
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from exports.models import ExportJob
from exports.tasks import delete_expired_exports
from jobs.models import Status
from jobs.runner import run
from jobs.schedules import registry
from tests.cast import make_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


def finished(cast, days, status=Status.DONE):
    """An export with its file that ended so many days ago."""
    job = ExportJob.start(cast.acme, cast.carol)
    run(ExportJob, job.pk)
    then = timezone.now() - timedelta(days=days)
    ExportJob.objects.filter(pk=job.pk).update(status=status, created_at=then, finished_at=then)
    return ExportJob.objects.get(pk=job.pk)


def stray(media, name, days):
    """A file in the folder of exports that is so many days old."""
    path = media / "exports" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("stray")
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then))
    return path


def test_it_works(cast):
    make_task(cast.acme)
    old, young = finished(cast, 7.1), finished(cast, 6.9)
    delete_expired_exports()
    assert list(ExportJob.objects.all()) == [young]
    assert young.has_file
    assert not old.path.exists()
    assert not old.path.with_name(f"{old.file}.json").exists()
    assert registry["exports.delete_expired_exports"].catch_up


def test_who_asks_for_another_one_loses_the_oldest_of_very_many(cast, monkeypatch):
    make_task(cast.acme)
    monkeypatch.setattr("exports.models.KEEP_LATEST", 2)
    old, *young = finished(cast, 3), finished(cast, 2), finished(cast, 1)
    failed, others = finished(cast, 5, Status.FAILED), ExportJob.ask(cast.acme, cast.alice)
    assert not ExportJob.objects.filter(pk=old.pk).exists()
    assert not old.path.exists()
    assert set(ExportJob.objects.all()) == {*young, failed, others}
    assert all(job.has_file for job in young)


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_what_ended_badly_is_kept_like_any_job(cast, status):
    _, young = finished(cast, 90.1, status), finished(cast, 89.9, status)
    delete_expired_exports()
    assert list(ExportJob.objects.all()) == [young]


def test_unfinished_exports_stay(cast):
    job = ExportJob.start(cast.acme, cast.carol)
    ExportJob.objects.update(created_at=timezone.now() - timedelta(days=100))
    delete_expired_exports()
    assert ExportJob.objects.get() == job


def test_files_that_no_export_knows_are_deleted_once_they_are_old(cast, media):
    known = finished(cast, 2)
    os.utime(known.path, (0, 0))
    manifest = known.path.with_name(f"{known.file}.json")
    os.utime(manifest, (0, 0))
    folder = str(cast.acme.pk)
    gone = [
        stray(media, f"{folder}/{known.pk}-9.csv", 2),  # of an attempt that lost its job
        stray(media, f"{folder}/{known.pk}-9.csv.tmp", 2),
        stray(media, f"{folder}/999999-1.csv.gz", 2),
        stray(media, f"{folder}/999999-1.csv.gz.json", 2),
        stray(media, "999999/1-1.xlsx", 2),
    ]
    young = stray(media, f"{folder}/999999-1.csv", 0.04)  # may be about to be written
    foreign = stray(media, "lost+found/1-1.csv", 2)
    delete_expired_exports()
    assert not [path for path in gone if path.exists()]
    assert known.path.exists()
    assert manifest.exists()
    assert young.exists()
    assert foreign.exists()
