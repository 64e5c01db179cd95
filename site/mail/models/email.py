"""The outbox: one row, one message to one recipient.

    pending ──claim──► running ──server is ready──► handed over ──250──► done
       ▲                  ├──not wanted──► cancelled     │
       │                  ├──5xx──► failed ◄──5xx────────┤
       ├──4xx, no server, └                              │
       │  worker died                                    │
       └──4xx, or its kind may be sent twice─────────────┴──no answer, worker died──► uncertain: a person decides

What tells a death before the hand-over from one after it is `handed_over_in`, committed when the server is ready for
the message and nothing of it has left. It is a fence too: whoever read the row before cannot release it afterwards.
"""

import logging
from datetime import timedelta
from email.utils import format_datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.db.models.functions import Lower
from django.db.utils import OperationalError
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from jobs.errors import Cancelled, LeaseLost
from jobs.models import Job, statements
from jobs.models.attempt import Outcome
from jobs.models.queryset import JobQuerySet
from mail import preferences, transport, unsubscribe
from mail.errors import Answered, Deferred, Refused, Unavailable
from mail.kinds import RETIRED, Kind, registry
from mail.models.suppression import Suppression

logger = logging.getLogger("mail")


#: Why a message was not sent whose kind no longer wants it.
WITHDRAWN = _("Withdrawn: there is no longer a reason to send it.")


class EmailStatus(models.TextChoices):
    """`jobs.models.Status`, in the words of mail, and one more."""

    PENDING = "pending", _("Waiting")
    RUNNING = "running", _("Being sent")
    DONE = "done", _("Sent")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Not sent")
    #: It was on its way to the server when the worker died or the line broke: a person decides.
    UNCERTAIN = "uncertain", _("Uncertain")


class EmailQuerySet(JobQuerySet):
    def withdrawn(self):
        """Those that were stopped because their kind no longer wanted them; they never left."""
        return self.not_done().filter(status=EmailStatus.CANCELLED, error=WITHDRAWN)

    def expired(self, now):
        spent = [kind.name for kind in registry.values() if kind.keys_expire]
        return super().expired(now).filter(kind__in=spent)

    def doubt(self, error: str) -> int:
        """Those that wait may have been sent already, unknown to this database: a person decides on the ones whose kind
        must not come twice. Returns how many those are."""
        resent = [kind.name for kind in registry.values() if kind.resend]
        waiting = self.not_done().filter(status=EmailStatus.PENDING).exclude(kind__in=resent)
        return waiting.update(status=EmailStatus.UNCERTAIN, error=error, finished_at=timezone.now())


class Email(Job):
    """A message. Made by `mail.outbox`; `key` says what it is about, so that it cannot be written twice."""

    queue = "emails"
    doorbell = "mail.tasks.send_email"
    max_attempts = 12
    backoff = timedelta(minutes=1)
    backoff_cap = timedelta(hours=6)
    #: No heartbeat is possible while a server keeps us waiting: longer than all its answers may take.
    lease = timedelta(minutes=10)
    time_limit = None
    retryable = (OperationalError, Deferred, Unavailable)
    #: One that was not to be sent stays so.
    trouble = restartable = (EmailStatus.FAILED, EmailStatus.UNCERTAIN)
    person_path = "user"
    searched = ("error", "recipient", "subject", "key", "answer")
    private = ("text", "html")
    retried_as = _("sends %(jobs)s")

    status = models.CharField(max_length=10, choices=EmailStatus.choices, default=EmailStatus.PENDING, editable=False)
    key = models.CharField(pgettext_lazy("of an e-mail", "key"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=50)  # Kind.name
    message_id = models.CharField(_("Message-ID"), max_length=255)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("user")
    )
    recipient = models.EmailField(_("recipient"), max_length=320)  # as long as Django takes one
    subject = models.TextField(_("subject"))
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(_("headers"), default=dict)
    #: The attempt that has begun to hand the message over; 0 for none.
    handed_over_in = models.PositiveIntegerField(_("handed over in attempt"), default=0, editable=False)
    #: The mail server's last word, which often names the message in its own logs.
    answer = models.TextField(_("answer"), blank=True, editable=False)

    objects = EmailQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("e-mail"), _("e-mails")
        indexes = [
            *Job.Meta.indexes,
            # "Did Carol get her e-mail?" is what is asked of an outbox most.
            models.Index(Lower("recipient"), "created_at", "id", name="mail_email_by_recipient"),
            models.Index(fields=["user", "created_at", "id"], name="email_of_user"),
        ]

    @property
    def rules(self) -> Kind:
        return registry.get(self.kind, RETIRED)

    @property
    def title(self):
        return gettext("“%(subject)s” to %(recipient)s") % {"subject": self.subject, "recipient": self.recipient}

    @property
    def state(self):
        if self.status == EmailStatus.PENDING and self.is_held():
            return gettext("Waiting for SMTP settings")
        return super().state

    # ---- sending

    @classmethod
    def is_held(cls):
        return not transport.is_configured()

    def perform(self):
        if reason := self._why_not():
            logger.info("not sent: %s", reason)
            self._end(Outcome.CANCELLED, reason, status=EmailStatus.CANCELLED)
            raise Cancelled
        try:
            answer = transport.send(self.message(), self.hand_over)
        except Answered as error:
            self._take_back()
            if isinstance(error, Refused) and error.says_unknown_address:
                Suppression.objects.add_address(self.recipient, str(error))
            raise
        if self.rules.asked_for:
            Suppression.objects.lift(self.recipient)
        return {"answer": answer}

    def _why_not(self) -> str:
        """Why the message is not to be sent, or ""."""
        kind = self.rules
        if not kind.asked_for and (suppression := Suppression.objects.of(self.recipient)):
            return gettext("A mail server refused this address as unknown (%(answer)s).") % {
                "answer": suppression.answer
            }
        if self.user_id and not preferences.wants(self.user_id, kind):
            return gettext("The recipient has switched off e-mails of this kind.")
        return "" if kind.is_still_wanted(self) else str(WITHDRAWN)

    def message(self) -> EmailMultiAlternatives:
        """The message as Django's, the same at every attempt."""
        headers = {
            **self.headers,
            **unsubscribe.headers(self.user_id, self.rules),
            "Message-ID": self.message_id,
            "Date": format_datetime(self.created_at),
            "Auto-Submitted": "auto-generated",  # keeps absence notes away (RFC 3834)
        }
        sender = headers.pop("From", settings.DEFAULT_FROM_EMAIL)
        message = EmailMultiAlternatives(self.subject, self.text, sender, [self.recipient], headers=headers)
        if self.html:
            message.attach_alternative(self.html, "text/html")
        return message

    def hand_over(self):
        """The server is ready for the message: from here on nobody may take it for unsent.

        Raises LeaseLost or Cancelled where it is no longer ours, and Interrupted: nothing has left then.
        """
        self.heartbeat()
        columns = {"handed_over_in": self.attempt, "lease_until": timezone.now() + self.lease}
        if not statements.update(type(self), columns, self._mine()).run():
            raise LeaseLost
        self.handed_over_in = self.attempt

    def _take_back(self):
        """The server has said that it did not take the message."""
        if self._is_handed_over and not statements.update(type(self), {"handed_over_in": 0}, self._mine()).run():
            raise LeaseLost
        self.handed_over_in = 0

    # ---- ends that leave open whether it has arrived

    def defer(self, error, traceback=""):
        if self._must_wait:
            self._wait_for_person(Outcome.FAILED, error, traceback)
            return False
        return super().defer(error, traceback)

    def give_back(self):
        if self._must_wait:
            self._wait_for_person(Outcome.INTERRUPTED, gettext("Roost was stopped."))
        else:
            super().give_back()

    def release_dead(self, error):
        if self._must_wait:
            self._wait_for_person(Outcome.DIED, error)
        else:
            super().release_dead(error)

    def cancel(self):
        """As any job's; False too once it is on its way to the server."""
        with transaction.atomic():
            self.refresh_from_db(from_queryset=type(self)._base_manager.select_for_update(no_key=True))
            return not self._is_handed_over and super().cancel()

    @property
    def _is_handed_over(self):
        return self.status == EmailStatus.RUNNING and self.handed_over_in == self.attempt

    @property
    def _must_wait(self):
        return self._is_handed_over and not self.rules.resend

    def _wait_for_person(self, outcome, error, traceback=""):
        doubt = gettext("The mail server may or may not have the message.")
        self._end(outcome, f"{error} {doubt}", traceback, status=EmailStatus.UNCERTAIN)

    def _mine(self):
        return {**super()._mine(), "handed_over_in": self.handed_over_in}
