"""Sending all again that failed, dropping them, and trying at once what waits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.runner import run
from mail.models import Email
from ops.models import BulkAction
from orgs.models import AuditEntry
from tests.mail.letters import send, write
from tests.ops.outbox.pages import PAGES, as_of, noted, page

pytestmark = pytest.mark.django_db


def test_what_failed_gets_all_its_attempts_once_more(operator, server):
    server.refusals["carol@acme.test"] = ["451 4.3.0 Try later"] * 13
    email = write()
    while send(email).status == "pending":
        pass
    operator.post(f"{PAGES}send-again/?status=failed")
    assert send(email).status == "pending"
    assert send(email).status == "done"


def test_sending_all_again_first_says_what_it_would_do(operator, failed, uncertain, django_capture_on_commit_callbacks):
    content = page(operator, "send-again/")
    assert "This sends 2 e-mails again" in content
    assert "1 of them may have arrived before" in content
    assert "This sends 1 e-mail again" in page(operator, "send-again/", status="failed")
    with django_capture_on_commit_callbacks(execute=True):
        answer = operator.post(f"{PAGES}send-again/?status=failed", follow=True)
    assert "E-mails that are sent again: 1 of 1." in answer.content.decode()
    failed.refresh_from_db()
    uncertain.refresh_from_db()
    assert (failed.status, uncertain.status) == ("done", "uncertain")  # the queue of a test runs at once
    assert noted() == [("Alice", "retried", "1 e-mail")]
    details = AuditEntry.objects.get().details
    assert (details["list"], details["filter"]) == ("outbox", {"status": "failed"})


@pytest.mark.parametrize(("path", "status"), [("send-again/", "done"), ("drop/", "cancelled")])
def test_what_failed_after_the_look_is_left_alone(
    operator, failed, server, time_machine, path, status, django_capture_on_commit_callbacks
):
    content = page(operator, path)
    seen = as_of(content)
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    server.refusals["dave@acme.test"] = ["554 5.7.1 Looks like spam"]
    later = send(write(to="dave@acme.test", subject="Later"))
    with django_capture_on_commit_callbacks(execute=True):
        operator.post(f"{PAGES}{path}", {"as_of": seen})
    failed.refresh_from_db()
    later.refresh_from_db()
    assert (failed.status, later.status) == (status, "failed")
    for nonsense in ("yesterday", "0001-01-01T00:00+09:00"):
        assert operator.post(f"{PAGES}{path}", {"as_of": nonsense}).status_code == 400


def test_dropping_all_that_the_filter_lets_pass(operator, server):
    for name in ("carol", "dave"):
        server.refusals[f"{name}@acme.test"] = ["554 5.7.1 Looks like spam"]
        send(write(to=f"{name}@acme.test", subject=f"To {name}"))
    assert "This drops 1 e-mail:" in page(operator, "drop/", recipient="Carol@acme.test")
    operator.post(f"{PAGES}drop/?recipient=Carol@acme.test")
    assert dict(Email.objects.values_list("subject", "status")) == {"To carol": "cancelled", "To dave": "failed"}


@pytest.mark.parametrize(("path", "status"), [("send-again/", "pending"), ("drop/", "cancelled")])
def test_very_many_become_a_job_that_goes_through_them_in_batches(operator, cast, use, monkeypatch, path, status):
    use("")
    monkeypatch.setattr("ops.models.bulk_action.BATCH", 40)
    Email.objects.filter(pk__in=[write().pk for _ in range(101)]).update(status="failed", finished_at=timezone.now())
    Email.objects.filter(pk=write(to="dave@acme.test").pk).update(status="failed", finished_at=timezone.now())
    content = page(operator, path, recipient="carol@acme.test")
    assert "101 e-mails" in content
    answer = operator.post(f"{PAGES}{path}?recipient=carol@acme.test", {"as_of": as_of(content)})
    order = BulkAction.objects.get()
    assert answer.headers["Location"] == f"/ops/jobs/ops.bulkaction/{order.pk}/"
    assert Email.objects.filter(status="failed").count() == 102  # not in the request
    assert noted() == [("Alice", "retried" if path == "send-again/" else "discarded", "101 e-mails")]
    with CaptureQueriesContext(connection) as captured:
        run(BulkAction, order.pk)
    order.refresh_from_db()
    assert (order.status, order.acted) == ("done", 101)
    assert dict(Email.objects.values_list("status").annotate(Count("pk"))) == {"failed": 1, status: 101}
    assert sum(query["sql"].startswith('UPDATE "mail_email"') for query in captured) == 3


def test_where_nothing_is_to_be_decided_nothing_is_done(operator, server):
    send(write())
    assert "There is none" in operator.get(f"{PAGES}send-again/", follow=True).content.decode()
    operator.post(f"{PAGES}drop/?status=done")
    assert Email.objects.get().status == "done"


def test_those_that_wait_can_be_hurried(operator, server, django_capture_on_commit_callbacks):
    server.refusals["carol@acme.test"] = ["451 4.3.0 Try later"]
    email = send(write())
    content = page(operator)
    assert "E-mails are put off" in content
    assert "451 4.3.0 Try later" in content
    with django_capture_on_commit_callbacks(execute=True):
        answer = operator.post(f"{PAGES}try-now/", follow=True)
    assert "E-mails that are tried again now: 1 of 1." in answer.content.decode()
    email.refresh_from_db()
    assert email.status == "done"
    assert noted() == [("Alice", "hurried", "1 e-mail")]


def test_where_nothing_waits_for_a_later_attempt_nothing_is_hurried(operator, use):
    use("")
    write()
    assert "There is none" in operator.post(f"{PAGES}try-now/", follow=True).content.decode()
    assert noted() == []


def test_many_are_hurried_by_a_job_in_batches(operator, server, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr("ops.bulk.AT_ONCE", 2)
    monkeypatch.setattr("ops.models.bulk_action.BATCH", 2)
    later = timezone.now() + timedelta(hours=3)
    emails = [write(subject=f"Number {number}") for number in range(5)]
    Email.objects.update(run_after=later)
    with django_capture_on_commit_callbacks() as callbacks:
        answer = operator.post(f"{PAGES}try-now/")
    order = BulkAction.objects.get()
    assert answer.headers["Location"] == f"/ops/jobs/ops.bulkaction/{order.pk}/"
    assert order.title == "Try 5 e-mails now"
    assert order.does == "tries 5 e-mails now"
    assert noted() == [("Alice", "hurried", "5 e-mails")]
    assert set(Email.objects.values_list("run_after", flat=True)) == {later}
    after = write(subject="Written since")  # it is none of those that the person looked at
    Email.objects.filter(pk=after.pk).update(run_after=later)
    with CaptureQueriesContext(connection) as queries:
        callbacks[-1]()
    order.refresh_from_db()
    assert (order.status, order.acted) == ("done", 5)
    assert sum("UPDATE" in each["sql"] and '"mail_email"' in each["sql"] for each in queries) >= 3
    assert Email.objects.filter(pk__in=[email.pk for email in emails], run_after__lte=timezone.now()).count() == 5
    assert Email.objects.get(pk=after.pk).run_after == later


def test_a_hurry_that_was_killed_goes_on_where_it_stopped(operator, server, monkeypatch):
    monkeypatch.setattr("ops.bulk.AT_ONCE", 0)
    first, second = write(subject="First"), write(subject="Second")
    Email.objects.update(run_after=timezone.now() + timedelta(hours=3))
    operator.post(f"{PAGES}try-now/")
    order = BulkAction.objects.get()
    order.act([(jobs, ids[:1]) for jobs, ids in order.batches()])
    assert [
        email.run_after > timezone.now() for email in (Email.objects.get(pk=first.pk), Email.objects.get(pk=second.pk))
    ] == [False, True]
    run(BulkAction, order.pk)
    order.refresh_from_db()
    assert (order.status, order.acted) == ("done", 2)


def test_the_list_of_jobs_does_not_offer_it(operator):
    write()
    assert 'value="hurry"' not in operator.get("/ops/jobs/").content.decode()
    assert operator.get("/ops/jobs/act/?action=hurry&of=all").status_code == 400
