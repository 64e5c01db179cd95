"""Whether mail leaves."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mail import transport
from mail.models import DeliveryTest
from ops.health.part import age, ok, red, warning

REMEDY = _("Mend EMAIL_URL or the server; “manage.py send_test_email ADDRESS” shows all of the dialogue.")
UNSET = _("No mail server is set: e-mails wait, those for new passwords too."), _("Set EMAIL_URL to your mail server.")


def sign_in(now):
    if not transport.is_configured():
        return warning(*UNSET)
    trial = transport.sign_in()
    if not trial.accepted:
        return red(gettext("The mail server lets nobody in: %(answer)s") % {"answer": refusal(trial.dialogue)}, REMEDY)
    return ok(gettext("The mail server lets Roost sign in. %(answer)s") % {"answer": trial.dialogue[-1]})


def test(recipient, now):
    if not transport.is_configured():
        return warning(*UNSET)
    trial = transport.try_out(recipient)
    if not trial.accepted:
        return red(
            gettext("The mail server did not take a test to %(recipient)s: %(answer)s")
            % {"recipient": recipient, "answer": refusal(trial.dialogue)},
            REMEDY,
        )
    return ok(
        gettext("The mail server took a test to %(recipient)s: see whether it arrives. %(answer)s")
        % {"recipient": recipient, "answer": trial.dialogue[-1]}
    )


def last_test(now):
    """What came of the last test that somebody asked for. (A page does not wait for a mail server.)"""
    if not transport.is_configured():
        return warning(*UNSET)
    test = latest_test()
    if test is None:
        return warning(gettext("Nobody has tried yet whether mail arrives."), gettext("Send a test, below."))
    if test.is_unfinished:
        return warning(
            gettext("The mail server is being asked to take a test to %(recipient)s.") % {"recipient": test.recipient},
            gettext("Wait."),
        )
    when = age(test.finished_at, now)
    if not test.accepted:
        words = gettext("The mail server did not take the test of %(age)s ago: %(answer)s") % {
            "age": when,
            "answer": test.error or refusal(test.dialogue.splitlines()),
        }
        return red(words, gettext("Mend EMAIL_URL or the server, and send another test."))
    return ok(
        gettext("The mail server took a test to %(recipient)s %(age)s ago.")
        % {"recipient": test.recipient, "age": when}
    )


def latest_test() -> DeliveryTest | None:
    return DeliveryTest.objects.order_by("-created_at", "-id").first()


def refusal(dialogue: list[str]) -> str:
    """Of a dialogue that led to nothing the line that says why: an answer that is no yes (RFC 5321, 4.2.1), or our own
    words at its end."""
    telling = [line for line in dialogue if not line.startswith((">", "< 2", "< 3"))]
    return telling[-1] if telling else gettext("it said nothing.")
