"""The first page of whoever operates the installation, and the pause of a queue."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from jobs import worker
from jobs.models import Attempt, ConsumerProcess, Outcome, QueuePause, Status
from ops import plot
from orgs.models import AuditEntry
from tests.kinds.models import Errand, Note
from tests.ops.screens import failed, make_job, text_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 14, 20, tzinfo=UTC)


def ended(outcome, ago, number=1):
    """An attempt that ended so many minutes before NOW."""
    then = NOW - timedelta(minutes=ago)
    columns = {"kind": "kinds.errand", "worker": "x", "started_at": then, "ended_at": then}
    return Attempt.objects.create(job_id=Attempt.objects.count() + 1, number=number, outcome=outcome, **columns)


def test_it_works(operator):
    ConsumerProcess.sign("exports", [worker.identity()])
    job = Errand.objects.claim(make_job(Errand, Status.PENDING).pk)
    Errand.objects.filter(pk=job.pk).update(progress=5, total=50)
    failed(Note)
    make_job(Note, Status.PENDING, ago=3)
    page = operator.get("/ops/")
    words = text_of(page)
    for expected in ("need a look", "Database", "The database answers.", "1 note<", "Jobs per hour", "Queue exports"):
        assert expected in words
    assert f'href="/ops/jobs/kinds.errand/{job.pk}/"' in words
    assert '<progress max="50" value="5"' in words
    assert "Nobody works for this queue" in words  # for emails
    emails, exports = page.context["queues"]
    assert (emails.due, emails.later, exports.due) == (1, 0, 0)
    assert timezone.now() - emails.oldest >= timedelta(minutes=3)
    assert exports.consumers[0].workers[0]["jobs"] == [job]


def test_an_installation_without_jobs_has_its_page_too(operator):
    page = text_of(operator.get("/ops/"))
    assert "Waits for a decision" not in page
    assert "Done: 0." in page


def test_it_takes_few_queries(operator, django_assert_max_num_queries):
    for _ in range(30):
        failed()
        make_job(Note, Status.PENDING)
    with django_assert_max_num_queries(110):
        operator.get("/ops/")


def test_it_is_in_the_menu_of_those_who_may(operator, client, cast):
    assert '<a href="/ops/">Operation</a>' in text_of(operator.get("/profile/"))
    client.force_login(cast.bob)
    assert "Operation" not in text_of(client.get("/profile/"))


# ---- the plot


def test_the_plot_counts_by_the_hour_and_the_outcome():
    for outcome, ago in [(Outcome.DONE, 1), (Outcome.DONE, 19), (Outcome.DIED, 19), (Outcome.DONE, 21)]:
        ended(outcome, ago)
    ended(Outcome.RETRIED, 47 * 60 + 20)
    ended(Outcome.FAILED, 47 * 60 + 21)  # of the hour before the first
    hours = plot.last_hours(NOW).hours
    assert len(hours) == 48
    assert hours[-1].counts == {"failed": 1, "retried": 0, "stopped": 0, "done": 2}
    assert hours[-2].counts == {"failed": 0, "retried": 0, "stopped": 0, "done": 1}
    assert hours[0].counts["retried"] == 1
    assert sum(hour.total for hour in hours) == 5
    assert hours[-1].words == "2 done, 1 failed"


@pytest.mark.parametrize("outcome", Outcome.values)
def test_every_outcome_is_somewhere_in_the_plot(outcome):
    ended(outcome, 1)
    assert plot.last_hours(NOW).most == 1


def test_a_single_failure_is_seen_among_a_thousand():
    ended(Outcome.FAILED, 1)
    Attempt.objects.bulk_create(
        Attempt(kind="x", job_id=n, number=1, outcome="done", started_at=NOW, ended_at=NOW) for n in range(1000)
    )
    found = plot.last_hours(NOW)
    bars = list(found._stack(found.hours[-1]))
    heights = {bar["group"]: float(bar["height"]) for bar in bars}
    assert heights["failed"] == plot.LEAST
    assert sum(heights.values()) == pytest.approx(plot.HEIGHT)
    assert min(float(bar["y"]) for bar in bars) == pytest.approx(0, abs=0.1)
    *_, last = found.drawn().splitlines()
    assert last.count("plot-bar") == len(bars)
    assert "failed" in last


# ---- pausing


@pytest.mark.usefixtures("immediate_queues")
def test_a_queue_is_paused_and_resumed(operator, cast, django_capture_on_commit_callbacks):
    asked = text_of(operator.get("/ops/queues/exports/pause/"))
    assert "Pause the queue exports?" in asked
    assert not QueuePause.objects.exists()
    page = text_of(operator.post("/ops/queues/exports/pause/", follow=True))
    assert "The queue exports is paused" in page
    assert "Paused since" in page
    with django_capture_on_commit_callbacks(execute=True):
        job = make_job(Errand, Status.PENDING)
    job.refresh_from_db()
    assert job.status == Status.PENDING
    with django_capture_on_commit_callbacks(execute=True):
        operator.post("/ops/queues/exports/resume/")
    job.refresh_from_db()
    assert job.status == Status.DONE
    notes = list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "target"))
    assert notes == [(cast.alice.pk, "paused", "queue exports"), (cast.alice.pk, "resumed", "queue exports")]


def test_pausing_twice_is_one_pause(operator):
    for _ in range(2):
        operator.post("/ops/queues/exports/pause/")
        operator.post("/ops/queues/emails/resume/")
    assert AuditEntry.objects.count() == 1


def test_there_is_no_other_queue(operator):
    assert operator.get("/ops/queues/nothing/pause/").status_code == 404
    assert operator.post("/ops/queues/nothing/resume/").status_code == 404
