"""The outbox, for whoever operates the installation: what needs a decision, and deciding it for one e-mail."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mail.models import Email
from mail.tasks import forget_bodies
from tests.mail.letters import send, write
from tests.ops.outbox.pages import PAGES, noted, page

pytestmark = pytest.mark.django_db


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


def test_it_tells_that_there_is_no_mail_server_yet(operator, use):
    use("")
    write()
    content = page(operator)
    assert "Waiting for SMTP settings: 1." in content
    assert "set <code>EMAIL_URL</code>" in content
    assert "Waiting for SMTP settings</span>" in content


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
