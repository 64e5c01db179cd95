"""What became of an e-mail, from its rows: when it was written, each attempt, what people did, and what comes next."""

import re
from dataclasses import dataclass
from datetime import datetime

from jobs.models import Outcome
from mail.models import Email, EmailStatus
from orgs.models import AuditEntry

#: What an outcome means of an e-mail, where it is not the word for a job.
OUTCOMES = {Outcome.DONE: "Sent", Outcome.CANCELLED: "Not sent", EmailStatus.UNCERTAIN: "Uncertain"}


#: The same of what a person did to it.
ACTIONS = {"retried": "Sent again", "discarded": "Dropped", "cancelled": "Dropped"}
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
        Event(email.created_at, "Written", words=f"Request {email.request_id}" if email.request_id else ""),
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
        words = f"Handed over to the mail server. {words}"
        if outcome == Outcome.FAILED:  # what it had said would have taken the hand-over back
            outcome = EmailStatus.UNCERTAIN
    what = f"Attempt {attempt.number}: {OUTCOMES.get(outcome) or attempt.get_outcome_display()}"
    return Event(attempt.ended_at, what, _tone(outcome), words.strip(), f"worker {attempt.worker}", attempt.traceback)


def _done_by_person(entry):
    was = entry.details.get("was")
    return Event(
        entry.at,
        ACTIONS.get(entry.action) or entry.action.capitalize(),
        words=f"It was: {was}." if was else "",
        who=entry.actor_name,
    )


def _to_come(email):
    if email.status == EmailStatus.RUNNING:
        words = (
            "Handed over to the mail server, which has not answered yet."
            if email.handed_over_in == email.attempt
            else ""
        )
        return [
            Event(email.started_at, f"Attempt {email.attempt}: being sent", "info", words, f"worker {email.worker}")
        ]
    if email.status == EmailStatus.PENDING:
        what = "Waits for SMTP settings" if email.is_held() else f"Attempt {email.attempt + 1} is due"
        return [Event(email.run_after, what)]
    return []


def _tone(outcome):
    return TONES.get(outcome, "")


def key_in_words(key: str) -> str:
    """The key of an e-mail, which says what it is about: “article 12, published, user 5”."""
    if key.startswith("django:"):
        return "a message about an account"
    return re.sub(r":([0-9]+)(?=:|$)", r" \1", key).replace(":", ", ")
