"""The outbox, for whoever operates the installation: what waits, what needs a decision, and deciding it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.runner import run
from mail import smtp
from mail.models import Email
from mail.tasks import forget_bodies
from ops.models import BulkAction
from orgs.models import AuditEntry
from tests.kinds.mail import FLEETING, NOTICE
from tests.mail.letters import send, write

pytestmark = pytest.mark.django_db

PAGES = "/ops/outbox/"


@pytest.fixture
def uncertain(server, monkeypatch):
    server.hangs_at_end.add("carol@acme.test")
    with monkeypatch.context() as patch:
        patch.setattr(smtp, "PATIENCE_AT_END", 1)
        email = send(write(kind=NOTICE, subject="The plan"))
    server.hangs_at_end.clear()
    return email


@pytest.fixture
def failed(server):
    server.refusals["carol@acme.test"] = ["554 5.7.1 Looks like spam"]
    return send(write(subject="The offer"))


def page(client, path="", **query):
    return client.get(f"{PAGES}{path}", query).content.decode()


def shown(client, **query):
    """The subjects on the page."""
    return [email.subject for email in client.get(PAGES, query).context["page"].items]


def as_of(content):
    """The moment of the look that the form of a page would post."""
    return re.search(r'name="as_of" value="([^"]+)"', content)[1]


def noted():
    return [(entry.actor.name, entry.action, entry.target) for entry in AuditEntry.objects.order_by("pk")]


def test_it_works(operator, uncertain, failed):
    content = page(operator)
    for words in ("The plan", "The offer", "may or may not have the message", "554 5.7.1 Looks like spam"):
        assert words in content
    assert "Failed: 1. Uncertain: 1." in content


def test_an_old_bookmark_leads_here(operator):
    assert operator.get("/outbox/").headers["Location"] == PAGES


# ---- one


def test_an_uncertain_one_is_sent_again_when_a_person_says_so(operator, uncertain, server):
    assert "may get it twice" in page(operator, f"{uncertain.pk}/send-again/")
    operator.post(f"{PAGES}{uncertain.pk}/send-again/")
    assert send(uncertain).status == "done"
    assert server.message_ids == [uncertain.message_id]
    assert noted() == [("Alice", "retried", uncertain.label)]


def test_or_it_is_dropped(operator, uncertain, server):
    assert "This cannot be undone" in page(operator, f"{uncertain.pk}/drop/")
    operator.post(f"{PAGES}{uncertain.pk}/drop/")
    assert send(uncertain).status == "cancelled"
    assert server.messages == []
    assert "Uncertain: 0." in page(operator)
    assert noted() == [("Alice", "discarded", uncertain.label)]


def test_one_that_waits_is_dropped(operator, use):
    use("")
    email = write()
    assert "is not sent." in page(operator, f"{email.pk}/drop/")
    operator.post(f"{PAGES}{email.pk}/drop/")
    email.refresh_from_db()
    assert email.status == "cancelled"
    assert noted() == [("Alice", "cancelled", email.label)]


def test_after_a_decision_one_is_back_where_one_was(operator, failed):
    back = f"{PAGES}?status=failed"
    answer = operator.post(f"{PAGES}{failed.pk}/send-again/", {"next": back})
    assert answer.headers["Location"] == back
    answer = operator.post(f"{PAGES}{failed.pk}/drop/", {"next": "https://evil.test/"})
    assert answer.headers["Location"] == f"{PAGES}{failed.pk}/"


def test_a_sent_one_is_not_sent_again(operator, server):
    email = send(write())
    for path in ("send-again/", "drop/"):
        for ask in (operator.get, operator.post):
            assert "That is no longer possible: Sent." in ask(f"{PAGES}{email.pk}/{path}", follow=True).content.decode()
    assert send(email).status == "done"
    assert len(server.messages) == 1
    assert noted() == []


@pytest.mark.parametrize("path", ["", "html/", "send-again/", "drop/"])
def test_an_email_that_is_not_there(operator, path):
    assert operator.get(f"{PAGES}{10**30}/{path}").status_code == 404


# ---- many


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


def test_it_tells_that_there_is_no_mail_server_yet(operator, use):
    use("")
    write()
    content = page(operator)
    assert "Waiting for SMTP settings: 1." in content
    assert "set <code>EMAIL_URL</code>" in content
    assert "Waiting for SMTP settings</span>" in content


# ---- filters


@pytest.fixture
def three(use):
    use("")
    write(subject="Über Äpfel", to="Carol@acme.test")
    write(subject="50% off", to="dave@acme.test", kind=NOTICE)
    Email.objects.filter(pk=write(subject="Gone", kind=FLEETING).pk).update(status="done")


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ({}, ["Gone", "50% off", "Über Äpfel"]),
        ({"status": "pending"}, ["50% off", "Über Äpfel"]),
        ({"status": "done"}, ["Gone"]),
        ({"kind": NOTICE.name}, ["50% off"]),
        ({"recipient": "carol@ACME.test"}, ["Gone", "Über Äpfel"]),
        ({"recipient": "carol@acme.test", "status": "done"}, ["Gone"]),
        ({"q": "äPFEL"}, ["Über Äpfel"]),
        ({"q": "%"}, ["50% off"]),
        ({"status": "failed"}, []),
    ],
)
@pytest.mark.usefixtures("three")
def test_filters_stand_in_the_address(operator, query, subjects):
    assert shown(operator, **query) == subjects


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=lost", "“status” must be one of: pending, running, done, failed, cancelled, uncertain."),
        ("kind=spam", "“kind” must be one of:"),
        ("recipient=carol", "Write the whole address"),
        ("color=red", "“color” is not a filter."),
        ("status=failed&status=done", "“status” may be given only once."),
        (f"q={'x' * 201}", "at most 200 characters"),
        ("q=%00", "Null characters are not allowed"),
    ],
)
def test_a_bad_filter_is_told_in_words(operator, query, words):
    answer = operator.get(f"{PAGES}?{query}")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert operator.post(f"{PAGES}drop/?{query}").status_code == 400


@pytest.mark.parametrize("before", ["x' OR 1", "-1", "9" * 5000, "٣"])
def test_a_page_that_is_none(operator, before):
    assert operator.get(PAGES, {"before": before}).status_code == 400


# ---- pages


def follow(client, rel, answer):
    """The page behind the link `rel` of another."""
    return client.get(
        PAGES + re.search(rf'rel="{rel}" href="([^"]*)"', answer.content.decode())[1].replace("&amp;", "&")
    )


def test_it_is_read_page_by_page_there_and_back(operator, use):
    use("")
    emails = [write() for _ in range(51)]
    first = operator.get(PAGES, {"status": "pending"})
    assert len(first.context["page"].items) == 50
    second = follow(operator, "next", first)
    assert second.context["page"].items == emails[:1]
    assert follow(operator, "prev", second).context["page"].items == emails[:0:-1]


def test_a_search_among_very_many_goes_on_where_it_stopped(operator, use, monkeypatch):
    monkeypatch.setattr("orgs.paging.STRETCH", 10)
    use("")
    wanted = write(subject="A needle")
    for _ in range(14):
        write()
    first = operator.get(PAGES, {"q": "needle"})
    assert "Nothing found so far" in first.content.decode()
    second = follow(operator, "next", first)
    assert second.context["page"].items == [wanted]
    assert not second.context["page"].unfinished


def test_a_page_costs_a_fixed_number_of_queries(operator, use, django_assert_max_num_queries):
    use("")
    for _ in range(20):
        write()
    with django_assert_max_num_queries(7):
        page(operator)


def test_an_empty_outbox_and_one_without_a_match(operator):
    assert "No e-mails yet" in page(operator)
    assert "No e-mail matches" in page(operator, status="failed")


# ---- texts


def test_texts_are_forgotten_after_thirty_days_but_not_what_may_still_be_sent(server, uncertain, time_machine):
    sent = send(write(text="secret"))
    time_machine.move_to(timezone.now() + timedelta(days=29))
    forget_bodies()
    sent.refresh_from_db()
    assert sent.text == "secret"
    time_machine.shift(timedelta(days=2))
    forget_bodies()
    sent.refresh_from_db()
    uncertain.refresh_from_db()
    assert (sent.text, uncertain.text) == ("", "How are you?")
    assert write(key=sent.key).pk == sent.pk  # and it is still known that it was sent


# ---- who may


@pytest.mark.parametrize(
    "path",
    ["", "try-now/", "send-again/", "drop/", "tests/", "tests/1/", "1/", "1/html/", "1/send-again/", "1/drop/"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_others_do_not_see_that_it_exists(client, cast, path, method):
    client.force_login(cast.alice)  # an owner, but not of the installation
    assert getattr(client, method)(f"{PAGES}{path}").status_code == 404
    client.logout()
    assert getattr(client, method)(f"{PAGES}{path}").status_code == 302
    assert not Email.objects.exists()
