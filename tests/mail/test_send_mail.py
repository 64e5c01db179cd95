"""What becomes of an e-mail, by what the mail server says and does."""

import pytest

from jobs.errors import AttemptOver, LeaseLost
from mail import preferences, transport
from mail.kinds import ACCOUNT
from mail.models import Email, EmailStatus, Suppression
from tests.kinds.mail import FLEETING, LETTER, NOTICE
from tests.mail.letters import history, send, write
from tests.smtp import CERTIFICATE, MailServer

pytestmark = pytest.mark.django_db

UNKNOWN = "550 5.1.1 <carol@acme.test>: no such user"


def test_it_works(server):
    email = send(write(subject="Grüße 🐓", text="Hello,\n.\nCarol\n", html="<p>Hello, Carol</p>"))
    assert (email.status, email.answer, email.attempt) == ("done", "250 2.0.0 queued as 1", 1)
    (message,) = server.messages
    assert message["To"] == "carol@acme.test"
    assert message["From"] == "Roost <roost@localhost>"
    assert message["Subject"] == "Grüße 🐓"
    assert message["Message-ID"] == email.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == email.created_at.replace(microsecond=0)
    assert message.get_body(("plain",)).get_content() == "Hello,\r\n.\r\nCarol\r\n"
    assert message.get_body(("html",)).get_content().strip() == "<p>Hello, Carol</p>"


def test_a_sent_email_is_not_sent_again(server):
    email = send(write())
    send(email)
    assert len(server.messages) == 1


# ---- answers


def test_it_is_tried_again_after_a_temporary_refusal(server):
    server.refusals["carol@acme.test"] = ["451 4.3.0 Try later", "452 4.2.2 Mailbox full"]
    email = send(write())
    assert (email.status, email.error) == ("pending", "451 4.3.0 Try later")
    wait = (email.run_after - email.started_at).total_seconds()
    assert 30 <= wait <= 61
    assert send(email).error == "452 4.2.2 Mailbox full"
    assert send(email).status == "done"
    assert history(email) == ["retried", "retried", "done"]


def test_it_waits_from_a_minute_to_six_hours_and_gives_up_after_twelve_attempts(server):
    server.refusals["carol@acme.test"] = ["451 4.3.0 Try later"] * 99
    email = write()
    waits = []
    while send(email).status == "pending":
        waits.append((email.run_after - email.started_at).total_seconds() / 60)
    assert email.status == "failed"
    assert email.error == "451 4.3.0 Try later (given up after 12 attempts)"
    full = [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert all(whole / 2 <= wait <= whole + 0.1 for wait, whole in zip(waits, full, strict=True))


@pytest.mark.parametrize("step", ["refusals", "answers"])
def test_a_permanent_refusal_ends_it_with_the_server_s_words(server, step):
    getattr(server, step)["carol@acme.test"] = ["554 5.7.1 Looks like spam"]
    email = send(write(kind=NOTICE))
    assert (email.status, email.error) == ("failed", "554 5.7.1 Looks like spam")
    assert history(email) == ["failed"]
    assert not Suppression.objects.exists()


def test_a_temporary_refusal_at_the_end_is_an_answer_too(server):
    server.answers["carol@acme.test"] = ["451 4.3.0 Try later"]
    email = send(write(kind=NOTICE))
    assert (email.status, email.handed_over_in) == ("pending", 0)
    assert send(email).status == "done"


# ---- silence and noise


def test_a_server_that_hangs_before_the_hand_over_is_tried_again(server):
    server.hangs.add("carol@acme.test")
    email = send(write(kind=NOTICE))
    assert (email.status, email.error) == ("pending", f"localhost:{server.port} did not answer in time.")
    server.hangs.clear()
    assert send(email).status == "done"


def test_a_server_that_hangs_afterwards_gets_the_same_message_again(server):
    server.hangs_at_end.add("carol@acme.test")
    email = send(write(kind=LETTER))
    assert (email.status, email.handed_over_in) == ("pending", 1)
    server.hangs_at_end.clear()
    assert send(email).status == "done"
    assert server.message_ids == [email.message_id]


def test_or_it_waits_for_a_person_where_its_kind_must_not_come_twice(server):
    server.hangs_at_end.add("carol@acme.test")
    email = send(write(kind=NOTICE))
    assert email.status == EmailStatus.UNCERTAIN
    assert email.error.endswith("did not answer in time. The mail server may or may not have the message.")
    server.hangs_at_end.clear()
    send(email)
    assert server.messages == []


def test_nobody_listens(use):
    use("smtp://localhost:1")
    email = send(write())
    assert (email.status, email.error) == ("pending", "localhost:1 cannot be reached: Connection refused")


def test_there_is_no_such_host(use):
    use("smtp://mail.invalid")
    assert send(write()).error.startswith("mail.invalid:25 cannot be reached: ")


def test_a_server_that_cannot_be_reached_is_left_alone_for_a_while(use):
    with MailServer() as hanging:
        hanging.greets = False
        use(f"smtp://localhost:{hanging.port}")
        first, *others = [send(write()) for _ in range(5)]
        assert first.status == "pending"
        assert {other.error for other in others} == {first.error}
        assert hanging.connections == 1


def test_a_password_that_is_wrong(use):
    with MailServer(password="right") as server:
        use(f"smtp://roost:wrong@localhost:{server.port}")
        email = send(write())
    assert email.status == "pending"
    words = f"localhost:{server.port} refused the user name or the password of EMAIL_URL: 535 5.7.8"
    assert email.error.startswith(words)


def test_a_password_that_is_right(use):
    with MailServer(password="right") as server:
        use(f"smtp://roost:right@localhost:{server.port}")
        assert send(write()).status == "done"


def test_a_server_without_starttls_gets_nothing(server, use):
    use(f"smtp+tls://roost:secret@localhost:{server.port}")
    email = send(write())
    assert email.status == "pending"
    assert "does not offer STARTTLS, which EMAIL_URL asks for; nothing is sent unencrypted" in email.error
    assert server.messages == []


def test_a_certificate_that_nobody_knows_is_not_trusted(use):
    with MailServer(tls=True) as server:
        use(f"smtp+tls://localhost:{server.port}")
        email = send(write())
    assert email.status == "pending"
    assert f"localhost:{server.port} has a certificate that cannot be trusted" in email.error


def test_starttls(use, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with MailServer(tls=True, password="right") as server:
        use(f"smtp+tls://roost:right@localhost:{server.port}")
        assert send(write()).status == "done"


# ---- connections


def test_a_burst_uses_one_connection(server):
    for _ in range(5):
        send(write())
    server.refusals["unknown@acme.test"] = ["550 5.7.1 No"]
    send(write(to="unknown@acme.test"))
    send(write())
    assert (len(server.messages), server.connections) == (6, 1)


def test_a_connection_that_the_server_has_ended_is_replaced(server):
    server.limit = 2  # then 421
    emails = [send(write()) for _ in range(5)]
    assert [email.status for email in emails] == ["done"] * 5
    assert [email.attempt for email in emails] == [1] * 5
    assert server.connections == 3


def test_a_connection_lost_while_idle_is_replaced(use):
    with MailServer() as first:
        use(f"smtp://localhost:{first.port}")
        send(write())
    with MailServer(port=first.port) as second:
        assert send(write()).status == "done"
        assert second.connections == 1


def test_idle_connections_are_closed(server):
    send(write())
    transport.pool.close()
    assert transport.pool.take() is None


# ---- what is not to be sent


def test_an_unknown_address_is_suppressed(server):
    server.refusals["carol@acme.test"] = [UNKNOWN]
    assert send(write()).error == UNKNOWN
    for address in ("carol@acme.test", "Carol@Acme.test"):
        email = send(write(to=address))
        assert (email.status, email.error) == (
            "cancelled",
            f"A mail server refused this address as unknown ({UNKNOWN}).",
        )
    assert server.messages == []
    assert send(write(to="dave@acme.test")).status == "done"


def test_what_somebody_has_just_asked_for_is_tried_all_the_same_and_proves_the_address(server):
    Suppression.objects.add_address("carol@acme.test", UNKNOWN)
    assert send(write(kind=ACCOUNT)).status == "done"
    assert send(write()).status == "done"


def test_who_has_unsubscribed_since_gets_nothing(server, cast):
    email = write(to=cast.carol.email, user=cast.carol)
    preferences.opt_out(cast.carol, LETTER)
    assert send(email).status == "cancelled"
    assert email.error == "The recipient has switched off e-mails of this kind."
    assert send(write(kind=NOTICE, user=cast.carol)).status == "done"


def test_what_is_over_is_not_sent(server):
    email = send(write(kind=FLEETING, subject="Over"))
    assert (email.status, email.error) == ("cancelled", "Withdrawn: there is no longer a reason to send it.")
    assert history(email) == ["cancelled"]
    assert send(write(kind=FLEETING, subject="Not over")).status == "done"


def test_without_settings_it_waits_and_costs_nothing(server, use):
    use("")
    email = send(write())
    assert (email.status, email.state, email.attempt) == ("pending", "Waiting for SMTP settings", 0)
    use(f"smtp://localhost:{server.port}")
    assert (email.state, send(email).status) == ("Waiting", "done")


def test_any_of_django_s_backends_will_do(use, mailoutbox):
    use("memorymail://")
    assert send(write()).status == "done"
    assert mailoutbox[0].to == ["carol@acme.test"]


# ---- races


def test_one_cancelled_at_the_last_moment_does_not_leave(server):
    email = write()
    claimed = Email.objects.claim(email.pk)
    assert email.cancel()
    with pytest.raises(AttemptOver):
        claimed.perform()
    assert server.messages == []


def test_one_that_is_on_its_way_cannot_be_cancelled(server):
    email = write()
    Email.objects.claim(email.pk).hand_over()
    assert not email.cancel()
    assert email.status == "running"


def test_whoever_read_the_row_before_the_hand_over_cannot_release_it_afterwards(server):
    email = write(kind=NOTICE)
    claimed = Email.objects.claim(email.pk)
    stale = Email.objects.get(pk=email.pk)
    claimed.hand_over()
    with pytest.raises(LeaseLost):
        stale.release_dead("The worker died.")
    Email.objects.get(pk=email.pk).release_dead("The worker died.")
    email.refresh_from_db()
    assert (email.status, history(email)) == ("uncertain", ["died"])
