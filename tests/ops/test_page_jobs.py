"""The pages of the list of all jobs: each job is on one of them, in order, read from an index."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exports.models import ExportJob
from jobs.models import Status
from ops.joblist import filters, listing
from ops.joblist.filters import JobFilter
from ops.joblist.paging import Place
from orgs.paging import BadCursor
from tests.kinds.models import Errand, Note
from tests.ops.screens import keys, walk
from tests.plans import explain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("immediate_queues")]


# ---- pages


@pytest.mark.parametrize("data", [{}, {"q": ""}, {"queue": "exports"}, {"status": "failed"}, {"organization": "acme"}])
def test_each_job_is_on_one_page_in_order(many, data):
    pages, back = walk(data)
    queue, status = data.get("queue"), data.get("status") or ("failed" if "organization" in data else "")
    expected = [
        row for row in many if (not queue or row[1] != "kinds.note") and (not status or row[1] == "exports.exportjob")
    ]
    assert keys(pages) == expected
    assert all(len(page.jobs) == 7 for page in pages[:-1])
    assert pages[0].previous is None
    seen = keys(reversed(back))
    assert seen[:7] == expected[:7]
    assert set(seen) == set(expected)


def test_new_jobs_move_nothing(many):
    wanted = JobFilter({})
    assert wanted.is_valid()
    first = listing.JobList(wanted).page()
    Errand.objects.create(status=Status.DONE)
    second = listing.JobList(wanted).page(after=first.next)
    assert keys([first, second]) == many[:14]


def test_a_job_that_is_deleted_meanwhile_is_left_out(many):
    places = [Place(*row) for row in many[:7]]
    kind = {kind._meta.label_lower: kind for kind in (Errand, Note, ExportJob)}[places[2].kind]
    kind.objects.filter(pk=places[2].id).delete()
    assert len(listing.rows(places)) == 6


@pytest.mark.parametrize("cursor", ["", "x", "é", "MjAyNg", "a" * 500])
def test_a_cursor_that_is_none(cursor):
    with pytest.raises(BadCursor):
        Place.decode(cursor)


def test_a_cursor_comes_back_as_it_was():
    place = Place(timezone.now(), "mail.email", 12)
    assert Place.decode(place.encode()) == place


# ---- what it costs


COSTS = [
    {},
    {"status": "done"},
    {"status": "failed"},
    {"status": "pending", "queue": "emails"},
    {"organization": "acme"},
    {"organization": "acme", "status": "failed"},
    {"person": "carol@acme.test"},
    {"person": "carol@acme.test", "organization": "acme", "status": "done"},
    {"since": "2026-01-01T00:00", "until": "2030-01-01T00:00"},
    {"since": "2026-01-01T00:00", "status": "failed", "person": "carol@acme.test"},
]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
@pytest.mark.parametrize("data", COSTS, ids=str)
@pytest.mark.parametrize("few", [0, 1000])
def test_every_page_is_read_from_an_index_in_its_order(cast, many, monkeypatch, data, few):
    monkeypatch.setattr(filters, "FEW", few)
    with CaptureQueriesContext(connection) as queries:
        walk(data)
    read = [
        query["sql"]
        for query in queries
        if "created_at" in query["sql"].partition(" FROM ")[0] and "LIMIT" in query["sql"]
    ]
    assert read
    for sql in read:
        plan = explain(sql)
        assert "INDEX" in plan, (sql, plan)
        # Only where few jobs have an owner in another table they are sorted.
        assert "TEMP B-TREE" not in plan or (few and "JOIN" in sql), (sql, plan)
