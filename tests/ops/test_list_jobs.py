"""The list of all jobs, and its filters."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import ArticleNotification
from exports.models import ExportJob
from jobs.models import Schedule, ScheduledRun, Status
from mail.models import Email, EmailStatus
from ops.joblist import listing
from ops.joblist.paging import Place
from tests.articles.builders import make_article
from tests.cast import make_org
from tests.kinds.models import Errand, Note
from tests.mail.letters import write
from tests.ops.screens import make_job, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("immediate_queues")]

JOBS = "/ops/jobs/"


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


# ---- what it costs


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
