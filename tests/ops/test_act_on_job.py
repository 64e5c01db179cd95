"""The page of a job, and what a person may do to it there."""

import json

import pytest
from django.utils import timezone

from exports.models import ExportJob
from jobs import log
from jobs.models import QueuePause, Schedule, ScheduledRun, Status
from mail.models import Email, EmailStatus
from orgs.models import AuditEntry
from tests.kinds.models import Errand, Note
from tests.mail.letters import write
from tests.ops.screens import failed, make_job, text_of

pytestmark = pytest.mark.django_db


def address(job, action=""):
    return f"/ops/jobs/{job.kind_label}/{job.pk}/{action}"


def test_it_works(operator, cast, django_capture_on_commit_callbacks):
    job = failed(Errand, "The hens are out.")
    page = text_of(operator.get(address(job)))
    for words in ("errand 1", "The hens are out.", "Traceback (most recent call last)", "Failed", job.worker):
        assert words.replace("errand 1", f"errand {job.pk}") in page
    with django_capture_on_commit_callbacks(execute=True):
        answer = operator.post(address(job, "retry/"), follow=True)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (Status.DONE, 2)
    assert f"errand {job.pk} is retried." in text_of(answer)
    assert "Alice &lt;alice@acme.test&gt; retried it" in text_of(operator.get(address(job)))
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (cast.alice, "retried", job.label)


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        ("pending", ["cancel"]),
        ("running", ["cancel"]),
        ("done", []),
        ("failed", ["retry", "discard"]),
        ("cancelled", ["retry"]),
    ],
)
def test_each_state_allows_some_actions(operator, status, actions, waiting):
    job = make_job(Errand, status, worker="host:1:1")
    job.started_at = timezone.now()
    job.save(update_fields=["started_at"])
    page = operator.get(address(job)).content.decode()
    assert [action for action in ("retry", "discard", "cancel") if f'id="{action}"' in page] == actions
    for action in ("retry", "discard", "cancel"):
        fresh = make_job(Errand, status, worker="host:1:1")
        Errand.objects.filter(pk=fresh.pk).update(started_at=timezone.now())
        AuditEntry.objects.all().delete()
        answer = operator.post(address(fresh, f"{action}/"), follow=True)
        fresh.refresh_from_db()
        assert (fresh.status != status) == (action in actions)
        assert AuditEntry.objects.exists() == (action in actions)
        assert ("is not" in text_of(answer)) == (action not in actions)


@pytest.fixture
def waiting(immediate_queues):
    """Jobs that are rung stay as they are: nothing commits here."""


def test_an_email_that_nobody_knows_of_may_be_sent_or_left(operator):
    email = write()
    Email.objects.filter(pk=email.pk).update(status=EmailStatus.UNCERTAIN)
    page = text_of(operator.get(address(email)))
    assert "Uncertain" in page
    assert 'id="retry"' in page
    operator.post(address(email, "discard/"))
    email.refresh_from_db()
    assert email.status == EmailStatus.CANCELLED


def test_an_action_is_noted_with_the_organization(operator, cast):
    job = make_job(ExportJob, Status.FAILED, organization=cast.acme, requested_by=cast.carol)
    operator.post(address(job, "discard/"))
    entry = AuditEntry.objects.get()
    assert (entry.organization, entry.details) == (cast.acme, {"title": "CSV export of Acme's tasks"})


def test_its_columns_are_told_in_words(operator, cast):
    job = make_job(
        ExportJob,
        Status.PENDING,
        organization=cast.acme,
        requested_by=cast.carol,
        filters={"status": "open"},
        columns=["id"],
    )
    page = text_of(operator.get(address(job)))
    for words in (
        "<dt>Filters</dt><dd>status: open<br></dd>",
        "<dt>Columns</dt><dd>id</dd>",
        "<dt>Export format</dt><dd>CSV</dd>",
        '<a href="/ops/jobs/?person=carol%40acme.test">Carol &lt;carol@acme.test&gt;</a>',
        '<a href="/ops/jobs/?organization=acme">Acme</a>',
    ):
        assert words in page
    assert "<dt>Saved export</dt>" not in page  # it has none


def test_the_text_of_an_email_is_private(operator):
    email = write(subject="<b>Hello</b>", text="My secret", html="<p>My secret</p>")
    page = text_of(operator.get(address(email)))
    assert "&lt;b&gt;Hello&lt;/b&gt;" in page
    assert "secret" not in page
    assert "Not shown: it is private." in page


def test_what_caused_it_is_linked(operator, cast):
    schedule = Schedule.objects.create(
        name="tidy", cron="* * * * *", declared_cron="* * * * *", next_slot=timezone.now()
    )
    with log.following("request-12345"):
        run = make_job(ScheduledRun, schedule=schedule, slot=timezone.now(), ago=2)
        first, second = make_job(Note, ago=1), write()
    make_job(Note, ago=1)
    page = operator.get(address(second))
    assert [row["job"] for row in page.context["related"]] == [run, first]
    assert f'It began with <a href="{address(run)}">tidy</a>.' in text_of(page)
    assert f'href="/ops/schedules/{schedule.pk}/"' in text_of(operator.get(address(run)))
    assert "It is the first job of its request." in text_of(operator.get(address(run)))
    assert "no other job belongs to it" in text_of(operator.get(address(make_job())))


def test_a_running_job_shows_how_far_it_is(operator):
    job = Errand.objects.claim(make_job(Errand, Status.PENDING).pk)
    Errand.objects.filter(pk=job.pk).update(progress=1234, total=5000)
    page = text_of(operator.get(address(job)))
    assert "1,234 of 5,000" in page
    assert "every 2s" in page
    assert job.worker in page
    job.finish()
    assert "every 2s" not in text_of(operator.get(address(job)))


def test_one_in_a_paused_queue_says_so(operator, cast):
    job = make_job(Errand, Status.PENDING)
    QueuePause.pause("exports", by=cast.alice)
    assert "The queue exports is paused" in text_of(operator.get(address(job)))


@pytest.mark.parametrize("kind", ["kinds.nothing", "accounts.user", "x", "kinds.errand"])
def test_what_is_no_job_is_not_found(operator, kind):
    assert operator.get(f"/ops/jobs/{kind}/99/").status_code == 404
    assert operator.post(f"/ops/jobs/{kind}/99/retry/").status_code == 404


def test_a_page_takes_few_queries(operator, django_assert_max_num_queries):
    with log.following("request-12345"):
        job = failed()
        for _ in range(30):
            make_job(Note)
    with django_assert_max_num_queries(24):
        operator.get(address(job))


def test_log_lines_of_its_request_are_shown(operator, settings, tmp_path):
    settings.LOG_FILE = tmp_path / "roost.jsonl"
    job = make_job(Errand, Status.FAILED, request_id="request-12345")
    line = {"time": timezone.now().isoformat(), "level": "ERROR", "logger": "jobs", "program": "exports"}
    lines = [
        {**line, "message": "it <b>broke</b>", "request_id": "request-12345", "traceback": "Traceback: …"},
        {**line, "message": "somebody else's", "request_id": "request-67890"},
    ]
    settings.LOG_FILE.write_text("".join(json.dumps(each, separators=(",", ":")) + "\n" for each in lines))
    page = text_of(operator.get(address(job)))
    assert "it &lt;b&gt;broke&lt;/b&gt;" in page
    assert "somebody else" not in page
    settings.LOG_FILE.unlink()
    assert "None that are still kept." in text_of(operator.get(address(job)))
