"""Acting on many jobs: it first says what it would do, then does just that, and writes down who did."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from exports.models import ExportJob
from jobs.models import Status
from jobs.runner import run
from mail.models import Email, EmailStatus
from ops import bulk
from ops.models import BulkAction
from orgs.models import AuditEntry
from tests.cast import make_user
from tests.consumer import is_done, kill, until
from tests.kinds.models import Errand, Note
from tests.mail.letters import write
from tests.ops.screens import failed, make_job, text_of

pytestmark = pytest.mark.django_db

ACT = "/ops/jobs/act/"


def fields(page):
    """What the form of a page that asks would post."""
    order = page.context["order"]
    data = {**order.filters, "action": order.action, "as_of": order.as_of.isoformat()}
    return {**data, "job": order.ticked, "of": "ticked" if order.ticked else "all"}


def test_it_works(operator, cast):
    export = {"organization": cast.acme, "requested_by": cast.carol}
    for _ in range(12):
        make_job(ExportJob, Status.FAILED, ago=5, **export)
    make_job(ExportJob, Status.FAILED, ago=3 * 24 * 60, **export)
    for _ in range(2):
        write()
    then = timezone.now()
    Email.objects.update(status=EmailStatus.UNCERTAIN, finished_at=then)
    kept = make_job(ExportJob, Status.DONE, file="x", size=1, **export)
    page = operator.get(ACT, {"action": "retry", "of": "all"})
    assert "This retries 13 exports, sends 2 e-mails; the oldest was made 3 days ago." in text_of(page).replace(
        "\xa0", " "
    )
    assert not AuditEntry.objects.exists()
    assert ExportJob.objects.filter(status=Status.FAILED).count() == 13

    answer = operator.post(ACT, fields(page), follow=True)
    assert "Retried: 15 of 15." in text_of(answer)
    assert ExportJob.objects.filter(status=Status.PENDING).count() == 13
    assert Email.objects.filter(status=EmailStatus.PENDING).count() == 2
    kept.refresh_from_db()
    assert kept.status == Status.DONE
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (cast.alice, "retried", "13 exports, 2 e-mails")
    assert entry.details["filter"] == {}


def test_a_search_finds_them_before_others_have_to_wait(operator):
    """It may read very many jobs for seconds; in SQLite a transaction keeps all others from writing."""
    errand = failed()
    page = operator.get(ACT, {"action": "discard", "of": "all", "q": "o"})
    with CaptureQueriesContext(connection) as captured:
        operator.post(ACT, fields(page))
    errand.refresh_from_db()
    assert errand.status == Status.CANCELLED
    statements = [query["sql"] for query in captured]
    change = next(number for number, sql in enumerate(statements) if sql.startswith("UPDATE"))
    begin = max(number for number, sql in enumerate(statements[:change]) if sql.startswith("SAVEPOINT"))
    assert any("LIKE" in sql for sql in statements[:begin])
    assert not any("LIKE" in sql and " IN (" not in sql for sql in statements[begin:])


def test_only_what_matches_the_filter(operator):
    match, other = failed(), failed(Note)
    page = operator.get(ACT, {"action": "discard", "of": "all", "queue": "exports"})
    operator.post(ACT, fields(page))
    match.refresh_from_db()
    other.refresh_from_db()
    assert (match.status, other.status) == (Status.CANCELLED, Status.FAILED)
    assert AuditEntry.objects.get().details["filter"] == {"queue": "exports"}


def test_only_what_is_ticked(operator):
    jobs = [failed() for _ in range(3)]
    data = {"action": "retry", "of": "ticked", "job": [jobs[0].label, jobs[2].label]}
    page = operator.get(ACT, data)
    assert "This retries 2 errands" in text_of(page)
    operator.post(ACT, fields(page))
    for job in jobs:
        job.refresh_from_db()
    assert [job.status for job in jobs] == [Status.PENDING, Status.FAILED, Status.PENDING]
    assert AuditEntry.objects.get().details["ticked"] == data["job"]


def test_what_came_after_the_look_is_left_alone(operator):
    before = failed()
    page = operator.get(ACT, {"action": "retry", "of": "all"})
    after, waited = failed(), Errand.objects.claim(make_job(Errand, Status.PENDING, ago=60).pk)
    waited.fail("Failed meanwhile.")  # it was there when the person looked, but not failed
    operator.post(ACT, fields(page))
    for job in (before, after, waited):
        job.refresh_from_db()
    assert [job.status for job in (before, after, waited)] == [Status.PENDING, Status.FAILED, Status.FAILED]


def test_a_moment_to_come_is_taken_for_now(operator):
    failed()
    data = {"action": "retry", "of": "all", "as_of": "2999-01-01T00:00:00+00:00"}
    assert operator.get(ACT, data).context["order"].as_of <= timezone.now()


def test_what_was_discarded_is_retried_only_where_a_person_says_so(operator):
    job = make_job(Errand, Status.CANCELLED)
    assert "Nothing to retry" in text_of(operator.get(ACT, {"action": "retry", "of": "all"}))
    by_status = operator.get(ACT, {"action": "retry", "of": "all", "status": "cancelled"})
    by_tick = operator.get(ACT, {"action": "retry", "of": "ticked", "job": job.label})
    assert by_status.context["preview"].total == by_tick.context["preview"].total == 1


def test_cancelling_stops_what_waits_and_what_runs(operator):
    waiting, running = make_job(Errand, Status.PENDING, ago=1), make_job(Errand, Status.PENDING, ago=2)
    Errand.objects.claim(running.pk)
    page = operator.get(ACT, {"action": "cancel", "of": "all"})
    assert "This cancels 2 errands" in text_of(page)
    operator.post(ACT, fields(page))
    assert set(Errand.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert waiting.attempts.count() == 0


def test_what_has_changed_meanwhile_is_told(operator):
    job = failed()
    page = operator.get(ACT, {"action": "retry", "of": "all"})
    job.discard()
    answer = operator.post(ACT, fields(page), follow=True)
    assert "Nothing was done" in text_of(answer)
    assert not AuditEntry.objects.exists()


# ---- more than one does at once


@pytest.fixture
def order(operator, cast, monkeypatch):
    """A bulk action on thirty notes, as a job that has not run."""
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    monkeypatch.setattr("ops.models.bulk_action.BATCH", 7)
    for _ in range(30):
        make_job(Note, Status.PENDING, ago=1)
    page = operator.get(ACT, {"action": "cancel", "of": "all", "kind": "kinds.note"})
    answer = operator.post(ACT, fields(page))
    order = BulkAction.objects.get()
    assert answer.headers["Location"] == f"/ops/jobs/ops.bulkaction/{order.pk}/"
    return order


def test_many_are_a_job_of_its_own(operator, cast, order):
    assert (order.status, order.counts, order.asked_by) == (Status.PENDING, {"kinds.note": 30}, cast.alice)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target, entry.details["job"]) == ("cancelled", "30 notes", order.label)
    assert f'href="/ops/jobs/ops.bulkaction/{order.pk}/"' in text_of(operator.get("/ops/audit/"))
    assert not Note.objects.filter(status=Status.CANCELLED).exists()
    run(BulkAction, order.pk)
    order.refresh_from_db()
    assert (order.status, order.acted, order.progress, order.total) == (Status.DONE, 30, 30, 30)
    assert set(Note.objects.values_list("status", flat=True)) == {Status.CANCELLED}
    assert "Cancel 30 notes" in text_of(operator.get(f"/ops/jobs/ops.bulkaction/{order.pk}/"))


def test_it_goes_on_where_it_was_stopped(order):
    class Stopped(BaseException):
        pass

    def stop(acted):
        if acted > 10:
            raise Stopped

    with pytest.raises(Stopped):
        order.act(order.batches(), after_batch=stop)
    order.refresh_from_db()
    assert order.acted == 14  # two batches of seven
    run(BulkAction, order.pk)
    order.refresh_from_db()
    assert (order.acted, order.progress) == (30, 30)


def test_a_filter_that_no_longer_fits_fails_in_words(order, cast):
    BulkAction.objects.filter(pk=order.pk).update(filters={"organization": "gone"})
    run(BulkAction, order.pk)
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert "There is no organization with this short name." in order.error


@pytest.mark.parametrize("lost", ["is_staff", "is_active"])
def test_whoever_may_no_longer_ask_for_it_gets_nothing_done(order, cast, lost):
    """It may have waited, and an operator have been dismissed meanwhile."""
    User.objects.filter(pk=cast.alice.pk).update(**{lost: False})
    run(BulkAction, order.pk)
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert order.error == "It went no further: alice@acme.test no longer operates this installation."
    assert not Note.objects.filter(status=Status.CANCELLED).exists()


def test_it_goes_no_further_than_whoever_asked_may_ask(order, cast, meanwhile):
    """It may go on for long, and an operator be dismissed meanwhile."""
    dismiss = User.objects.filter(pk=cast.alice.pk).update
    with meanwhile(lambda: dismiss(is_staff=False), before='UPDATE "ops_bulkaction" SET "acted"'):
        run(BulkAction, order.pk)
    order.refresh_from_db()
    assert (order.status, order.acted) == (Status.FAILED, 7)  # the batch that was under way
    assert order.error == "It went no further: alice@acme.test no longer operates this installation."
    assert Note.objects.filter(status=Status.CANCELLED).count() == 7


def test_what_is_done_to_the_last_has_not_failed(order, cast, monkeypatch, meanwhile):
    monkeypatch.setattr("ops.models.bulk_action.BATCH", 30)
    dismiss = User.objects.filter(pk=cast.alice.pk).update
    with meanwhile(lambda: dismiss(is_staff=False), before='UPDATE "ops_bulkaction" SET "acted"'):
        run(BulkAction, order.pk)
    order.refresh_from_db()
    assert (order.status, order.acted, order.error) == (Status.DONE, 30, "")


def test_nor_does_an_account_that_is_gone(order):
    BulkAction.objects.filter(pk=order.pk).update(asked_by=None)
    run(BulkAction, order.pk)
    order.refresh_from_db()
    assert (order.status, order.acted) == (Status.FAILED, 0)
    assert "has been deleted" in order.error


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_its_worker_may_be_killed(installation):
    operator = make_user("Olga", is_staff=True)
    later = timezone.now() + timedelta(days=1)
    Note._base_manager.bulk_create(Note(run_after=later) for _ in range(600))  # nobody rings for them
    order = BulkAction(
        action="cancel",
        filters={"kind": "kinds.note"},
        as_of=timezone.now(),
        counts={"kinds.note": 600},
        asked_by=operator,
    )
    order.save()

    def is_under_way():
        order.refresh_from_db()
        return order.acted

    with installation.consumer("emails") as consumer:
        until(is_under_way)
        kill(consumer.pid)
        consumer.wait()
    order.refresh_from_db()
    assert 0 < order.acted < 600
    assert Note.objects.filter(status=Status.CANCELLED).count() == order.acted
    with installation.consumer("emails"):
        until(lambda: is_done(order))
    assert order.acted == order.progress == 600
    assert not Note.objects.unfinished().exists()
