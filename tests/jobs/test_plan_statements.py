"""However many jobs are done, what looks for the others does not read them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.sweep import kinds
from tests.plans import steps

pytestmark = pytest.mark.django_db

LOOKS = {
    "the due": lambda jobs: jobs.due(),
    "the running": lambda jobs: jobs.running(),
    "the unfinished": lambda jobs: jobs.unfinished(),
    "what is in trouble": lambda jobs: jobs.in_trouble(),
    "what failed, newest first": lambda jobs: jobs.not_done().filter(status="failed").order_by("-created_at", "-id"),
    "the newest": lambda jobs: jobs.order_by("-created_at", "-id"),
    "those before a moment": lambda jobs: jobs.filter(created_at__lt=timezone.now()).order_by("-created_at", "-id"),
}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_it_works(kind, look):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        list(LOOKS[look](kind.objects)[:50])
    plan = steps(captured[0]["sql"])
    table = kind._meta.db_table
    step = next(step for step in plan if table in step)
    assert "_not_done" in step or "_by_age" in step, plan
