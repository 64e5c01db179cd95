"""The migration that tells skipped runs from cancelled ones, as they were told before: by whether they have words."""

from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from jobs.models import Schedule, ScheduledRun, Status

pytestmark = pytest.mark.django_db

mark_skipped = import_module("jobs.migrations.0007_skipped_run").mark_skipped


def test_it_works():
    schedule = Schedule.objects.create(name="tidy", cron="0 0 * * *", next_slot=timezone.now())
    columns = {
        "skipped": {"error": "Nicht gelaufen: zu dieser Zeit lief nichts."},
        "cancelled": {},
        "stopped": {"error": "Stopped.", "attempt": 1},
    }
    runs = {
        name: ScheduledRun.objects.create(
            schedule=schedule, slot=timezone.now(), status=Status.CANCELLED, finished_at=timezone.now(), **column
        )
        for name, column in columns.items()
    }
    mark_skipped(apps, schema_editor=None)
    assert list(ScheduledRun.objects.skipped()) == [runs["skipped"]]
