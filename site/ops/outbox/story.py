"""What became of an e-mail, from its rows: when it was written, each attempt, what people did, and what comes next."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Outcome
from mail.models import Email, EmailStatus
from orgs.models import AuditEntry

#: What an outcome means of an e-mail, where it is not the word for a job.
OUTCOMES = {Outcome.DONE: _("Sent"), Outcome.CANCELLED: _("Not sent"), EmailStatus.UNCERTAIN: _("Uncertain")}


#: The same of what a person did to it.
ACTIONS = {"retried": _("Sent again"), "discarded": _("Dropped"), "cancelled": _("Dropped")}
TONES = {
    Outcome.DONE: "success",
    Outcome.RETRIED: "warning",
    Outcome.DIED: "warning",
    Outcome.FAILED: "danger",
    EmailStatus.UNCERTAIN: "warning",
}


@dataclass(frozen=True)
class Event:
    at: datetime
    what: str
    #: As `data-tone` of a badge; "" for what is neither good nor bad.
    tone: str = ""
    #: The server's words, or ours.
    words: str = ""
    #: Who did it: a worker or a person.
    who: str = ""
    traceback: str = ""


def story(email: Email) -> list[Event]:
    """The Events of the e-mail in the order in which they happened; those to come are last."""
    attempts = list(email.attempts)
    past = [
        Event(
            email.created_at,
            gettext("Written"),
            words=gettext("Request %(request_id)s") % {"request_id": email.request_id} if email.request_id else "",
        ),
        *(_tried(email, attempt) for attempt in attempts),
        *(_done_by_person(entry) for entry in entries_of(email)),
    ]
    if email.finished_at and not any(attempt.ended_at == email.finished_at for attempt in attempts):
        # Cancelled while it waited; or its attempts have been forgotten since.
        past.append(Event(email.finished_at, email.state, _tone(email.status), email.answer or email.error))
    return sorted(past, key=lambda event: event.at) + _to_come(email)


def entries_of(email):
    return AuditEntry.objects.filter(target=email.label).order_by("pk")


def _tried(email, attempt):
    outcome, words = attempt.outcome, email.answer if attempt.outcome == Outcome.DONE else attempt.error
    if attempt.number == email.handed_over_in:
        begun = gettext("Handed over to the mail server.")
        words = f"{begun} {words}"
        if outcome == Outcome.FAILED:  # what it had said would have taken the hand-over back
            outcome = EmailStatus.UNCERTAIN
    ended = OUTCOMES.get(outcome) or attempt.get_outcome_display()
    what = gettext("Attempt %(number)s: %(outcome)s") % {"number": attempt.number, "outcome": ended}
    return Event(
        attempt.ended_at,
        what,
        _tone(outcome),
        words.strip(),
        gettext("worker %(worker)s") % {"worker": attempt.worker},
        attempt.traceback,
    )


def _done_by_person(entry):
    was = entry.details.get("was")
    return Event(
        entry.at,
        ACTIONS.get(entry.action) or entry.action.capitalize(),
        words=gettext("It was: %(was)s.") % {"was": was} if was else "",
        who=entry.actor_name,
    )


def _to_come(email):
    if email.status == EmailStatus.RUNNING:
        words = (
            gettext("Handed over to the mail server, which has not answered yet.")
            if email.handed_over_in == email.attempt
            else ""
        )
        return [
            Event(
                email.started_at,
                gettext("Attempt %(number)s: being sent") % {"number": email.attempt},
                "info",
                words,
                gettext("worker %(worker)s") % {"worker": email.worker},
            )
        ]
    if email.status == EmailStatus.PENDING:
        what = (
            gettext("Waits for SMTP settings")
            if email.is_held()
            else gettext("Attempt %(number)s is due") % {"number": email.attempt + 1}
        )
        return [Event(email.run_after, what)]
    return []


def _tone(outcome):
    return TONES.get(outcome, "")


def key_in_words(key: str) -> str:
    """The key of an e-mail, which says what it is about: “article 12, published, user 5”."""
    if key.startswith("django:"):
        return gettext("a message about an account")
    return re.sub(r":([0-9]+)(?=:|$)", r" \1", key).replace(":", ", ")
