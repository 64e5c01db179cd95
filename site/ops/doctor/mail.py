"""Whether mail leaves."""

from mail import transport
from mail.models import DeliveryTest
from ops.health.part import age, ok, red, warning

REMEDY = "Mend EMAIL_URL or the server; “manage.py send_test_email ADDRESS” shows all of the dialogue."
UNSET = "No mail server is set: e-mails wait, those for new passwords too.", "Set EMAIL_URL to your mail server."


def sign_in(now):
    if not transport.is_configured():
        return warning(*UNSET)
    trial = transport.sign_in()
    if not trial.accepted:
        return red(f"The mail server lets nobody in: {refusal(trial.dialogue)}", REMEDY)
    return ok(f"The mail server lets Roost sign in. {trial.dialogue[-1]}")


def test(recipient, now):
    if not transport.is_configured():
        return warning(*UNSET)
    trial = transport.try_out(recipient)
    if not trial.accepted:
        return red(f"The mail server did not take a test to {recipient}: {refusal(trial.dialogue)}", REMEDY)
    return ok(f"The mail server took a test to {recipient}: see whether it arrives. {trial.dialogue[-1]}")


def last_test(now):
    """What came of the last test that somebody asked for. (A page does not wait for a mail server.)"""
    if not transport.is_configured():
        return warning(*UNSET)
    test = latest_test()
    if test is None:
        return warning("Nobody has tried yet whether mail arrives.", "Send a test, below.")
    if test.is_unfinished:
        return warning(f"The mail server is being asked to take a test to {test.recipient}.", "Wait.")
    when = age(test.finished_at, now)
    if not test.accepted:
        words = (
            f"The mail server did not take the test of {when} ago: {test.error or refusal(test.dialogue.splitlines())}"
        )
        return red(words, "Mend EMAIL_URL or the server, and send another test.")
    return ok(f"The mail server took a test to {test.recipient} {when} ago.")


def latest_test() -> DeliveryTest | None:
    return DeliveryTest.objects.order_by("-created_at", "-id").first()


def refusal(dialogue: list[str]) -> str:
    """Of a dialogue that led to nothing the line that says why: an answer that is no yes (RFC 5321, 4.2.1), or our own
    words at its end."""
    telling = [line for line in dialogue if not line.startswith((">", "< 2", "< 3"))]
    return telling[-1] if telling else "it said nothing."
