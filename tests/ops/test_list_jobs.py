"""The list of all jobs, its filters and its pages."""

import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import ArticleNotification
from exports.models import ExportJob
from jobs.models import Schedule, ScheduledRun, Status
from mail.models import Email, EmailStatus
from ops.joblist import filters, listing
from ops.joblist.filters import JobFilter
from ops.joblist.paging import Place
from orgs.paging import BadCursor
from tests.articles.builders import make_article
from tests.cast import make_org
from tests.kinds.models import Errand, Note
from tests.mail.letters import write
from tests.ops.screens import make_job, operator_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("immediate_queues")]

JOBS = "/ops/jobs/"


@pytest.fixture
def operator(cast):
    return operator_of(cast.alice)


@pytest.fixture
def look(operator):
    """look(**filters) is the list of the labels that the page shows."""

    def look(**filters):
        answer = operator.get(JOBS, filters)
        assert answer.status_code == 200, text_of(answer)
        return [row["job"].label for row in answer.context["rows"]]

    return look


@pytest.fixture
def jobs(cast):
    """One of many kinds and states, by name; the later ones are older."""
    nobody = Schedule.objects.create(name="tidy", cron="* * * * *", declared_cron="* * * * *", next_slot=timezone.now())
    export = {"organization": cast.acme, "requested_by": cast.carol, "file": "x", "size": 1}
    letter = write(to="carol@acme.test", subject="The keys", user=cast.carol)
    uncertain = write(to="dave@acme.test", subject="Where is the hen?", user=cast.dave)
    now = timezone.now()
    Email.objects.filter(pk=letter.pk).update(status=EmailStatus.DONE, created_at=now - timedelta(minutes=6))
    Email.objects.filter(pk=uncertain.pk).update(
        status=EmailStatus.UNCERTAIN, created_at=now - timedelta(minutes=7), finished_at=now
    )
    article = make_article(cast.acme, cast.bob)
    return {
        "errand": make_job(ago=1),
        "broken": make_job(Errand, Status.FAILED, ago=2, error="100% of the hens are gone"),
        "note": make_job(Note, Status.PENDING, ago=3),
        "export": make_job(ExportJob, ago=4, **export),
        "elsewhere": make_job(ExportJob, ago=5, **{**export, "organization": cast.elsewhere, "requested_by": None}),
        "letter": letter,
        "uncertain": uncertain,
        "run": make_job(ScheduledRun, ago=8, schedule=nobody, slot=now),
        "notification": make_job(ArticleNotification, ago=9, article=article, kind="published"),
    }


def test_it_works(operator, jobs, look):
    assert look() == [job.label for job in jobs.values()]
    page = text_of(operator.get(JOBS))
    for words in (
        "CSV export of Acme",
        "“The keys” to carol@acme.test",
        "tidy",
        "100% of the hens",
        "Uncertain",
        "Carol",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"kind": "mail.email"}, ["letter", "uncertain"]),
        ({"status": "failed"}, ["broken"]),
        ({"status": "uncertain"}, ["uncertain"]),
        ({"status": "pending"}, ["note"]),
        ({"status": "done", "kind": "kinds.errand"}, ["errand"]),
        ({"queue": "exports"}, ["errand", "broken", "export", "elsewhere"]),
        ({"queue": "exports", "kind": "mail.email"}, []),
        ({"organization": "acme"}, ["export", "notification"]),
        ({"organization": "elsewhere"}, ["elsewhere"]),
        ({"person": "Carol@ACME.test"}, ["export", "letter"]),
        ({"person": "carol@acme.test", "organization": "acme"}, ["export"]),
        ({"person": "bob@acme.test"}, ["notification"]),
        ({"person": "dave@acme.test", "status": "uncertain"}, ["uncertain"]),
        ({"organization": "acme", "status": "failed"}, []),
        ({"q": "HENS"}, ["broken"]),
        ({"q": "100%"}, ["broken"]),
        ({"q": "1__%"}, []),
        ({"q": "hen", "kind": "mail.email"}, ["uncertain"]),
        ({"q": "hen", "status": "failed"}, ["broken"]),
    ],
)
def test_filters(jobs, look, wanted, names):
    assert look(**wanted) == [jobs[name].label for name in names]


def test_filters_of_time_are_read_in_the_zone_of_whoever_looks(cast, jobs, look, operator, time_machine):
    cast.alice.time_zone = "Asia/Tokyo"
    cast.alice.save()
    moment = (jobs["export"].created_at + timedelta(seconds=1)).astimezone(cast.alice.zone)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}"
    names = list(jobs)
    assert look(since=text) == [jobs[name].label for name in names[: names.index("export")]]
    assert look(until=text) == [jobs[name].label for name in names[names.index("export") :]]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=x", "“kind” must be one of: "),
        ("status=broken", "“status” must be one of: pending, running, done, failed, cancelled, uncertain."),
        ("queue=x", "“queue” must be one of: emails, exports."),
        ("organization=x", "There is no organization with this short name."),
        ("person=x", "Nobody has this e-mail address."),
        ("since=yesterday", "“since” must be a day and time"),
        ("until=2026-13-01T00:00", "“until” must be a day and time"),
        ("since=0001-01-01T00:00%2B09:00", "“since” must be a day and time"),
        ("until=9999-12-31T23:59-09:00", "“until” must be a day and time"),
        ("q=" + "x" * 101, "at most 100 characters"),
        ("q=%00", "Null characters are not allowed."),
        ("colour=red", "“colour” is not a filter."),
        ("status=done&status=failed", "“status” may be given only once."),
        ("after=x", "There is no such page."),
        (
            "before=" + Place(datetime(2026, 1, 1, tzinfo=UTC), "a", 1)._replace(id=-1).encode(),
            "There is no such page.",
        ),
    ],
)
def test_bad_filters_are_refused_with_words(operator, jobs, query, words):
    answer = operator.get(f"{JOBS}?{query}")
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert "These filters cannot be used" in text_of(answer)


def test_empty_lists_say_why(operator, look):
    assert "No jobs yet" in text_of(operator.get(JOBS))
    assert "No job matches" in text_of(operator.get(JOBS, {"status": "failed"}))
    beyond = Place(timezone.now() - timedelta(days=1), "", 0).encode()
    assert "This page is empty by now" in text_of(operator.get(JOBS, {"after": beyond}))


def test_the_address_of_a_page_keeps_the_filters(operator, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    for ago in range(3):
        make_job(Errand, Status.FAILED, ago=ago)
    make_job(ago=4)
    page = operator.get(JOBS, {"status": "failed"})
    second = operator.get(f"{JOBS}?status=failed&after={page.context['page'].next}")
    assert f'href="{JOBS}?status=failed&amp;after={second.context["page"].next}"' in text_of(second)
    assert f'rel="prev" href="{JOBS}?status=failed"' not in text_of(page)
    assert f'rel="prev" href="{JOBS}?status=failed&amp;before=' in text_of(second)


# ---- pages


@pytest.fixture
def many(cast, monkeypatch):
    """Sixty jobs of three kinds, many of them of the same moments, as (created_at, label, pk), newest first."""
    monkeypatch.setattr(listing, "PAGE_SIZE", 7)
    now = timezone.now()
    moments = [now - timedelta(minutes=number // 6) for number in range(20)]
    for kind in (Errand, Note):
        kind.objects.bulk_create(kind(created_at=moment, status=Status.DONE) for moment in moments)
    owned = {"organization": cast.acme, "requested_by": cast.carol}
    ExportJob.objects.bulk_create(ExportJob(created_at=moment, status=Status.FAILED, **owned) for moment in moments)
    rows = [
        (job.created_at, job.kind_label, job.pk) for kind in (Errand, Note, ExportJob) for job in kind.objects.all()
    ]
    return sorted(rows, reverse=True)


def walk(data):
    """The pages of the list from the first to the last, and back."""
    wanted = JobFilter(data)
    assert wanted.is_valid()
    pages = [listing.JobList(wanted).page()]
    while pages[-1].next:
        pages.append(listing.JobList(wanted).page(after=pages[-1].next))
    back = [pages[-1]]
    while back[-1].previous:
        back.append(listing.JobList(wanted).page(before=back[-1].previous))
    return pages, back


def keys(pages):
    return [(job.created_at, job.kind_label, job.pk) for page in pages for job in page.jobs]


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


# ---- searching


@pytest.mark.parametrize("stretch", [1, 3, 1000])
def test_a_search_finds_all_stretch_by_stretch(many, monkeypatch, stretch):
    monkeypatch.setattr(listing, "STRETCH", stretch)
    monkeypatch.setattr(listing, "LONGEST_STRETCH", 2 * stretch)
    Note.objects.update(error="lost hens")
    pages, back = walk({"q": "HENS"})
    assert keys(pages) == [row for row in many if row[1] == "kinds.note"]
    assert set(keys(back)) == set(keys(pages))


def test_a_search_whose_time_is_over_says_so_and_goes_on(operator, many, monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(listing, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(listing, "STRETCH", 2)
    Errand.objects.filter(pk=Errand.objects.earliest("created_at").pk).update(error="the last hen")
    page = operator.get(JOBS, {"q": "hen"})
    assert "Nothing found so far" in text_of(page)
    for _ in range(60):
        after = page.context["page"].next
        if "the last hen" in text_of(page):
            break
        page = operator.get(JOBS, {"q": "hen", "after": after})
    assert "the last hen" in text_of(page)
    assert "The search has come back to" in text_of(page)
    assert "Nothing further found" in text_of(operator.get(JOBS, {"q": "hen", "after": page.context["page"].next}))


def test_a_search_that_gets_nowhere_says_what_to_do(operator, many, monkeypatch):
    monkeypatch.setattr(listing, "SEARCH_SECONDS", 0)
    answer = operator.get(JOBS, {"q": "hen"})
    assert answer.status_code == 400
    assert "This search takes too long. Choose a kind, a status or a time as well." in text_of(answer)


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


def explain(sql):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"), [])
        return " | ".join(row[3] for row in cursor)


def test_a_page_takes_few_queries_however_many_jobs(operator, jobs, many, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        operator.get(JOBS)
    with django_assert_max_num_queries(12):
        operator.get(JOBS, {"kind": "mail.email"})


def test_the_text_of_an_email_is_not_even_read(operator, jobs):
    Email.objects.update(text="My secret is out", html="<p>My secret is out</p>")
    with CaptureQueriesContext(connection) as queries:
        assert "secret" not in text_of(operator.get(JOBS))
        assert "secret" not in text_of(operator.get(f"{JOBS}mail.email/{jobs['letter'].pk}/"))
    assert not [query["sql"] for query in queries if '"mail_email"."text"' in query["sql"]]


def test_what_people_wrote_is_text(operator, cast):
    write(subject="<script>alert(1)</script>", user=cast.carol)
    make_org("<b>Bold</b>")
    page = operator.get(JOBS).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>Bold" not in page
