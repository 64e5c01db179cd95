"""What became of one e-mail, on its page."""

import pytest
from django.core.mail import send_mail

from mail import preferences
from mail.models import Email
from ops.outbox.story import key_in_words, story
from ops.outbox.text import html_of, text_of
from tests.kinds.mail import FLEETING, LETTER, NOTICE
from tests.mail.letters import send, write

pytestmark = pytest.mark.django_db

PAGES = "/ops/outbox/"
SECRETS = [
    "http://localhost:8000/accounts/password/reset/key/3-d0a1b2-c3d4/",
    "http://localhost:8000/accounts/confirm-email/MQ:1abc:d0a1b2-c3d4/",
    "http://localhost:8000/unsubscribe/WzEsIm5ld3MiXQ:d0a1b2-c3d4/",
]


def page(client, email):
    return client.get(f"{PAGES}{email.pk}/").content.decode()


def told(email):
    return [event.what for event in story(email)]


def test_it_works(operator, server):
    server.refusals["carol@acme.test"] = ["451 4.3.0 Try later"]
    email = send(write(subject="The plan", text="How are you?"))
    assert told(email) == ["Written", "Attempt 1: Failed, to be tried again", "Attempt 2 is due"]
    content = page(operator, email)
    for words in ("The plan", "carol@acme.test", "When somebody writes a letter", "451 4.3.0 Try later", email.worker):
        assert words in content
    for words in (email.request_id, email.message_id.strip("<>"), email.key, "How are you?"):
        assert words in content
    send(email)
    assert told(email) == ["Written", "Attempt 1: Failed, to be tried again", "Attempt 2: Sent"]
    assert "Handed over to the mail server. 250 2.0.0 queued as 1" in page(operator, email)


def test_what_people_did_is_part_of_it(operator, server):
    server.refusals["carol@acme.test"] = ["554 5.7.1 Looks like spam"]
    email = send(write())
    operator.post(f"{PAGES}{email.pk}/send-again/")
    email.refresh_from_db()
    assert told(email) == ["Written", "Attempt 1: Failed", "Sent again", "Attempt 2 is due"]
    operator.post(f"{PAGES}{email.pk}/drop/")
    email.refresh_from_db()
    assert told(email) == ["Written", "Attempt 1: Failed", "Sent again", "Not sent", "Dropped"]
    assert "Alice &lt;alice@acme.test&gt;" in page(operator, email)


def test_an_uncertain_one_says_how_to_decide(operator, server):
    server.hangs_at_end.add("carol@acme.test")
    email = send(write(kind=NOTICE))
    content = page(operator, email)
    assert "Handed over to the mail server." in content
    assert told(email) == ["Written", "Attempt 1: Uncertain"]
    assert f"Look for <code>{email.message_id.replace('<', '&lt;').replace('>', '&gt;')}</code>" in content


def test_why_it_was_not_sent(operator, cast, server):
    preferences.opt_out(cast.carol, LETTER)
    unwanted = send(write(user=cast.carol))
    assert "The recipient has switched off e-mails of this kind." in page(operator, unwanted)
    assert told(unwanted) == ["Written", "Attempt 1: Not sent"]
    assert "Withdrawn" in page(operator, send(write(kind=FLEETING, subject="Over")))


def test_an_address_that_was_called_unknown_is_told(operator, server):
    server.refusals["carol@acme.test"] = ["550 5.1.1 no such user"]
    content = page(operator, send(write()))
    assert "a mail server called the address unknown" in content
    assert "550 5.1.1 no such user" in content


def test_it_waits_for_settings(operator, use):
    use("")
    email = write()
    assert told(email) == ["Written", "Waits for SMTP settings"]
    assert "When SMTP is set up" in page(operator, email)


def test_the_end_is_told_when_its_attempts_are_forgotten(server):
    email = send(write())
    email.attempts.delete()
    assert told(email) == ["Written", "Sent"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("article:12:published:user:5", "article 12, published, user 5"),
        ("django:0123456789abcdef:0", "a message about an account"),
        ("tasks-due:5:2026-11-25", "tasks-due 5, 2026-11-25"),
    ],
)
def test_a_key_in_words(key, words):
    assert key_in_words(key) == words


# ---- what it says


@pytest.mark.parametrize("secret", SECRETS)
def test_what_acts_for_the_recipient_is_not_shown(operator, use, secret):
    use("")
    html = f'<p><a href="{secret}">Here</a> or at {secret}</p>'
    email = write(text=f"Go to\n{secret}\nwithin four hours.", html=html)
    frame = operator.get(f"{PAGES}{email.pk}/html/").content.decode()
    content = page(operator, email)
    for shown in (frame, content):
        assert "d0a1b2" not in shown
    assert "within four hours." in content
    assert "Here" in frame


def test_a_real_link_to_reset_a_password_is_not_shown(operator, cast, use):
    use("")
    operator.post("/accounts/password/reset/", {"email": cast.carol.email})
    email = Email.objects.get()
    assert "/password/reset/key/" in email.text
    secret = email.text.partition("/password/reset/key/")[2].split()[0].strip("/")
    content = page(operator, email)
    assert secret not in content
    assert "/password/reset/key/…" in content


def test_a_secret_that_html_disguises_keeps_the_html_from_being_shown(operator, use):
    use("")
    email = write(html='<a href="http://localhost/accounts/password&#47;reset/key/3-d0a1b2/">Here</a>')
    assert html_of(email) == ""
    assert operator.get(f"{PAGES}{email.pk}/html/").status_code == 404
    assert "<iframe" not in page(operator, email)


def test_the_text_is_text(operator, use):
    use("")
    email = write(subject="<b>Hi</b>", text="<script>alert(1)</script>")
    assert text_of(email) == "<script>alert(1)</script>"
    content = page(operator, email)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "<script>alert" not in content
    assert "<b>Hi</b>" not in content


def test_the_html_is_alone_in_a_sandbox(operator, use):
    use("")
    email = write(html='<p>Hello</p><a HREF = "https://elsewhere.test/">Go</a><img src="https://elsewhere.test/seen">')
    assert f'<iframe class="mail-frame" src="{PAGES}{email.pk}/html/" sandbox ' in page(operator, email)
    answer = operator.get(f"{PAGES}{email.pk}/html/")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert " href" not in answer.content.decode().lower()


def test_what_django_writes_has_no_html(operator, use):
    use("")
    send_mail("Hello", "How are you?", None, ["carol@acme.test"])
    email = Email.objects.get()
    assert operator.get(f"{PAGES}{email.pk}/html/").status_code == 404
    assert "<iframe" not in page(operator, email)
