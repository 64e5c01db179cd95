"""What goes into the outbox: each key once, in the transaction of its cause, and nothing that could forge a header."""

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from mail.models import Email
from mail.outbox import draft, message_id, post, post_many
from tests.kinds.mail import LETTER

pytestmark = pytest.mark.django_db

FIELDS = {"to": "carol@acme.test", "subject": "Hello", "text": "How are you?"}


def test_it_works(cast):
    headers = {"Reply-To": "a@b.test"}
    email = post(LETTER, "letter:1", user=cast.carol, html="<p>How are you?</p>", headers=headers, **FIELDS)
    email.refresh_from_db()
    assert (email.status, email.kind) == ("pending", "letter")
    assert (email.user, email.recipient) == (cast.carol, "carol@acme.test")
    assert (email.subject, email.text, email.html) == ("Hello", "How are you?", "<p>How are you?</p>")
    assert email.headers == headers
    assert email.request_id


def test_a_key_is_written_once():
    first = post(LETTER, "letter:1", **FIELDS)
    with transaction.atomic():
        second = post(LETTER, "letter:1", **{**FIELDS, "subject": "Another"})
        assert Email.objects.exists()  # the transaction goes on
    assert (second.pk, second.subject) == (first.pk, "Hello")


def test_many_are_written_in_a_few_statements(django_assert_max_num_queries):
    post(LETTER, "letter:7", **FIELDS)
    drafts = [draft(LETTER, f"letter:{n % 1000}", **FIELDS) for n in range(1001)]
    with django_assert_max_num_queries(40):
        written = post_many(drafts)
    assert len(written) == 999
    assert {email.key for email in written} == {f"letter:{n}" for n in range(1000)} - {"letter:7"}
    assert post_many(drafts) == []
    assert Email.objects.count() == 1000


def test_each_new_one_is_rung_for_and_only_when_it_is_committed(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as rings:
        post_many([draft(LETTER, "letter:1", **FIELDS), draft(LETTER, "letter:2", **FIELDS)])
        post(LETTER, "letter:1", **FIELDS)
    assert len(rings) == 2


def test_what_is_rolled_back_was_never_written():
    with transaction.atomic():
        post(LETTER, "letter:1", **FIELDS)
        transaction.set_rollback(True)
    assert not Email.objects.exists()


def test_the_message_id_follows_from_the_key(settings):
    settings.PUBLIC_URL = "https://roost.example"
    assert post(LETTER, "letter:1", **FIELDS).message_id == message_id("letter:1")
    assert message_id("letter:1") == "<0a2fd7731a27ef048fd7d805fafd15380b5d312c@roost.example>"
    assert message_id("letter:2") != message_id("letter:1")


@pytest.mark.parametrize(
    "field",
    [
        {"subject": "Hello\nBcc: everybody@acme.test"},
        {"subject": "Hello\r\nBcc: everybody@acme.test"},
        {"subject": "Hello\rBcc: everybody@acme.test"},
        {"subject": "Hello\u2028Bcc: everybody@acme.test"},
        {"subject": "Hello\x85Bcc: everybody@acme.test"},
        {"subject": "Hello\x00"},
        {"to": "carol@acme.test\nBcc: everybody@acme.test"},
        {"to": "carol@acme.test, everybody@acme.test"},
        {"to": "Carol <carol@acme.test>"},
        {"to": ""},
        {"headers": {"Reply-To": "a@b.test\r\nBcc: everybody@acme.test"}},
        {"headers": {"X-A: b\r\nBcc": "everybody@acme.test"}},
        {"headers": {"X A": "b"}},
    ],
    ids=repr,
)
def test_headers_cannot_be_forged(field):
    with pytest.raises(ValueError, match=r"cannot hold|Not an e-mail address"):
        post(LETTER, "letter:1", **{**FIELDS, **field})
    assert not Email.objects.exists()


def test_a_key_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="longer than 200"):
        post(LETTER, "x" * 201, **FIELDS)


# ---- Django's own functions


@pytest.fixture(autouse=True)
def outbox_backend(settings):
    settings.EMAIL_BACKEND = "mail.backends.OutboxBackend"


def django_message(**fields):
    return EmailMultiAlternatives(**{"subject": "Hello", "body": "How are you?", "to": ["carol@acme.test"], **fields})


def test_what_django_sends_is_a_row():
    message = django_message(reply_to=["help@acme.test"], headers={"X-Ticket": "5"}, from_email="Help <help@acme.test>")
    message.attach_alternative("<p>How are you?</p>", "text/html")
    assert message.send() == 1
    email = Email.objects.get()
    assert (email.kind, email.recipient, email.subject) == ("account", "carol@acme.test", "Hello")
    assert (email.text, email.html) == ("How are you?", "<p>How are you?</p>")
    sent = email.message()
    assert (sent.from_email, sent.to) == ("Help <help@acme.test>", ["carol@acme.test"])
    assert (sent.message()["Reply-To"], sent.message()["X-Ticket"]) == ("help@acme.test", "5")


def test_each_recipient_gets_a_message_of_their_own_and_sees_who_else_does():
    to = ["Carol <carol@acme.test>", "dave@acme.test"]
    django_message(to=to, cc=["bob@acme.test"], bcc=["alice@acme.test"]).send()
    emails = Email.objects.order_by("pk")
    assert [email.recipient.split("@")[0] for email in emails] == ["carol", "dave", "bob", "alice"]
    for email in emails:
        message = email.message()
        assert message.recipients() == [email.recipient]
        assert message.message()["To"] == "Carol <carol@acme.test>, dave@acme.test"
        assert message.message()["Cc"] == "bob@acme.test"
        assert "alice" not in str(message.message())
    assert len({email.message_id for email in emails}) == 4


def test_a_message_that_is_only_html_stays_that():
    message = django_message(body="<p>Hi</p>")
    message.content_subtype = "html"
    message.send()
    assert (Email.objects.get().text, Email.objects.get().html) == ("", "<p>Hi</p>")


@pytest.mark.parametrize("what", ["attachment", "alternative"])
def test_what_the_outbox_does_not_carry_is_refused_clearly(what):
    message = django_message()
    if what == "attachment":
        message.attach("plan.txt", "secret", "text/plain")
    else:
        message.attach_alternative("{}", "application/json")
    with pytest.raises(ValueError, match="The outbox carries"):
        message.send()
    assert not Email.objects.exists()


def test_a_password_reset_goes_through_the_outbox(client, cast):
    client.post("/accounts/password/reset/", {"email": "carol@acme.test"})
    email = Email.objects.get()
    assert (email.kind, email.subject, email.status) == ("account", "Reset your Roost password", "pending")
