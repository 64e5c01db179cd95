"""What a kill test says of messages, given what the mail server has taken."""

from datetime import UTC, datetime

import pytest

from bench.chaos.mail_server import Copy
from bench.chaos.proof import mail

RESEND = {"letter": True, "notice": False}
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


def email(status="done", kind="letter", error=""):
    return {
        "id": 1,
        "key": "key",
        "kind": kind,
        "status": status,
        "error": error,
        "message_id": "<1>",
        "recipient": "ada@acme.test",
    }


def attempts(*outcomes):
    """The first begins at BEGIN; each takes ten seconds."""
    return [
        {
            "number": number,
            "outcome": outcome,
            "started_at": f"2026-03-01 12:00:{10 * number:02}",
            "ended_at": f"2026-03-01 12:00:{10 * number + 9:02}.500000",
        }
        for number, outcome in enumerate(outcomes)
    ]


def copy(second, recipient="ada@acme.test", digest="same", subject="Hello"):
    return Copy("<1>", recipient, subject, digest, BEGIN + second, True)


def wrong(email, attempts, *copies):
    return mail.judge(email, attempts, list(copies), RESEND)


def test_it_works():
    assert not wrong(email(), attempts("done"), copy(3))
    assert not wrong(email(), attempts("retried", "done"), copy(13))
    assert not wrong(email("cancelled"), attempts("cancelled"))


def test_a_done_one_was_accepted():
    assert wrong(email(), attempts("done")) == ["is done and was never accepted"]


def test_a_copy_needs_an_attempt_that_heard_no_answer():
    assert not wrong(email(), attempts("died", "done"), copy(3), copy(13))
    assert not wrong(email(), attempts("retried", "done"), copy(3), copy(13))
    assert wrong(email(), attempts("done", "done"), copy(3), copy(13))
    assert wrong(email(), attempts("died", "done"), copy(12), copy(13)) == ["was accepted twice in attempt 1"]
    assert wrong(email(), attempts("done"), copy(3), copy(30)) == ["was accepted while no attempt was made at it"]


def test_a_notice_never_comes_twice():
    assert wrong(email(kind="notice"), attempts("died", "done"), copy(3), copy(13)) == [
        "must not come twice and came 2 times"
    ]


def test_a_second_copy_is_the_same():
    assert wrong(email(), attempts("died", "done"), copy(3), copy(13, digest="other"))
    assert wrong(email(), attempts("done"), copy(3, recipient="eve@acme.test"))


@pytest.mark.parametrize(
    ("outcome", "fits"), [("died", True), ("failed", True), ("interrupted", True), ("done", False)]
)
def test_an_uncertain_one_is_unclear(outcome, fits):
    assert bool(wrong(email("uncertain", "notice"), attempts(outcome), copy(3))) != fits


def test_what_was_kept_back_has_not_arrived_unless_it_was_uncertain():
    withdrawn = email("cancelled", "notice", "Withdrawn: …")
    assert wrong(withdrawn, attempts("died", "cancelled"), copy(3)) == ["is cancelled and was accepted 1 times"]
    left = email("cancelled", "notice", "The worker died. The mail server may or may not have the message.")
    assert not wrong(left, attempts("died"), copy(3))


def test_what_is_sent_again_may_be_withdrawn_before_that():
    withdrawn = email("cancelled", "letter", "Withdrawn: …")
    assert not wrong(withdrawn, attempts("died", "cancelled"), copy(3))
    assert wrong(withdrawn, attempts("retried", "cancelled"), copy(13)) == [
        "was accepted in attempt 1, which ended cancelled"
    ]


def test_failures_and_unknown_kinds_are_told():
    assert wrong(email("failed", error="554 no"), attempts("failed")) == ["failed: 554 no"]
    assert wrong(email(kind="news"), attempts("done"), copy(3)) == ["is of the unknown kind news"]


def test_a_message_that_no_row_knows_is_told():
    rows = [email()]
    known = {("mail.email", 1): attempts("done")}
    assert not mail.check(rows, known, [copy(3)], RESEND).wrong
    stranger = Copy("<2>", "ada@acme.test", "Who are you?", "x", BEGIN, True)
    trial = Copy("<3>", "ada@acme.test", mail.TRIAL, "x", BEGIN, True)
    result = mail.check(rows, known, [copy(3), stranger, trial], RESEND)
    assert result.wrong == ["no row knows <2> to ada@acme.test: Who are you?"]
