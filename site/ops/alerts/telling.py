"""Who is told what: one message for all that is new, due again or over, by e-mail and to the webhook."""

from dataclasses import dataclass, field
from datetime import datetime

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from accounts.models import User
from jobs.models import Status
from mail import outbox, preferences
from mail.models import Email, EmailStatus
from ops import mail
from ops.models import Alert, Severity, Webhook

#: Their failures are told by e-mail only: to post that posting fails would never end.
NOT_BY_WEBHOOK = (f"failing:{Webhook._meta.label_lower}",)


#: How many there are of a state: the first of a list names what they are, the others follow it.
WITH_NOUN = {
    "new": ngettext_lazy("%(count)d new alert", "%(count)d new alerts", "count"),
    "ongoing": ngettext_lazy("%(count)d ongoing alert", "%(count)d ongoing alerts", "count"),
    "ended": ngettext_lazy("%(count)d alert well again", "%(count)d alerts well again", "count"),
}
ALONE = {
    "new": ngettext_lazy("%(count)d new", "%(count)d new", "count"),
    "ongoing": ngettext_lazy("%(count)d ongoing", "%(count)d ongoing", "count"),
    "ended": ngettext_lazy("%(count)d well again", "%(count)d well again", "count"),
}


@dataclass
class Message:
    """What is told at a moment, and because of which of it (`reasons`): what merely goes on is only mentioned."""

    moment: datetime
    new: list[Alert] = field(default_factory=list)
    ongoing: list[Alert] = field(default_factory=list)
    ended: list[Alert] = field(default_factory=list)
    reasons: list[Alert] = field(default_factory=list)

    @property
    def groups(self):
        """What it says, under headings: [(heading, state, alerts)], without empty ones."""
        groups = [
            (_("New"), "new", self.new),
            (_("Ongoing"), "ongoing", self.ongoing),
            (_("Well again"), "ended", self.ended),
        ]
        return [group for group in groups if group[2]]

    @property
    def summary(self) -> str:
        """In a line: the words of a single alert, or how many there are of each."""
        if len(self.groups) == 1 and len(self.groups[0][2]) == 1:
            heading, state, (alert,) = self.groups[0]
            return alert.words if state == "new" else f"{heading}: {alert.words}"
        (__, first, alerts), *others = self.groups
        counts = [(WITH_NOUN[first], alerts), *((ALONE[state], found) for __, state, found in others)]
        return ", ".join(str(words % {"count": len(found)}) for words, found in counts)

    @property
    def is_critical(self):
        return any(alert.severity == Severity.CRITICAL for alert in [*self.new, *self.ongoing])

    def for_webhook(self):
        """The same without what is told by e-mail only, or None where that leaves no reason."""
        everything = self.new, self.ongoing, self.ended, self.reasons
        kept = [[alert for alert in alerts if alert.key not in NOT_BY_WEBHOOK] for alerts in everything]
        return Message(self.moment, *kept) if kept[-1] else None


def tell(now):
    """Write the messages that are due at `now`: all of it in one transaction, so that each is written once."""
    if not Alert.objects.open().exists() and not Alert.objects.with_untold_end(now).exists():
        return
    with transaction.atomic():
        Alert.objects.lock(now)  # so that of two consumers the second finds it told
        open_ = list(Alert.objects.open().raised().order_by("pk"))
        audible = [alert for alert in open_ if not alert.is_muted(now)]
        new = [alert for alert in audible if alert.told_at is None]
        ongoing = [alert for alert in audible if alert.told_at is not None]
        due = [alert for alert in ongoing if alert.is_due_again(now)]
        ended = list(Alert.objects.with_untold_end(now).order_by("pk"))
        reasons = [*new, *due, *ended]
        if not reasons:
            return
        recipients = list(people())
        if not recipients and not settings.ALERT_WEBHOOK_URL:
            return  # told as soon as there is somebody
        for alert in audible:
            alert.told_at = now
            alert.tellings += alert in new or alert in due
        for alert in ended:
            alert.end_told_at = now
        Alert.objects.bulk_update([*audible, *ended], ["told_at", "tellings", "end_told_at"])
        send(Message(now, new, ongoing, ended, reasons), recipients)


def send(message: Message, recipients):
    """Write it to these users, and to the webhook where there is one."""
    outbox.post_many(draft(message, user) for user in recipients)
    posted = message.for_webhook()
    if settings.ALERT_WEBHOOK_URL and posted:
        Webhook.objects.create(moment=posted.moment, payload=payload(posted))


def people():
    """The users who are told by e-mail: who operates the installation, has a verified address and wants it."""
    verified = EmailAddress.objects.filter(user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True)
    operators = User.objects.filter(Exists(verified), is_active=True, is_staff=True)
    return preferences.wanting(operators, mail.ALERTS).order_by("pk")


def has_arrived(moment) -> bool:
    """Whether the message of that moment has reached anybody."""
    keys = [key(moment, user) for user in people()]
    emails = Email.objects.filter(key__in=keys, status=EmailStatus.DONE)
    return emails.exists() or Webhook.objects.filter(moment=moment, status=Status.DONE).exists()


def is_held_up(since, until) -> bool:
    """Whether a message that was written between two moments has not left yet, or cannot."""
    emails = Email.objects.filter(kind=mail.ALERTS.name)
    return any(
        messages.not_done().exclude(status=Status.CANCELLED).filter(created_at__range=(since, until)).exists()
        for messages in (emails, Webhook.objects.all())
    )


# ---- e-mails


def key(moment, user) -> str:
    """What the e-mail of that moment to the user is called."""
    return f"alerts:{moment.isoformat()}:user:{user.pk}"


def draft(message, user):
    subject, text, html = mail.alerts(user, message)
    return outbox.draft(
        mail.ALERTS, key(message.moment, user), to=user.email, user=user, subject=subject, text=text, html=html
    )


def is_still_wanted(email) -> bool:
    """Asked just before the e-mail leaves, which an outage of the mail server may have delayed (`mail.kinds.Kind`).

    What has been told again since, or was over before anybody heard of it, is not told.
    """
    if not (email.user.is_staff and email.user.is_active):
        return False
    moment = email.key.removeprefix("alerts:").rpartition(":user:")[0]
    if moment.startswith("test:"):
        return True
    return Alert.objects.told_at_moment(datetime.fromisoformat(moment), timezone.now()).exists()


# ---- the webhook


def payload(message: Message) -> dict:
    alerts = [described(alert, state) for _, state, alerts in message.groups for alert in alerts]
    return _payload(text(message), message.moment, alerts)


def test_payload() -> dict:
    """What is posted as a test."""
    words = _("Roost at %(address)s: this is a test. Alerts arrive here.") % {"address": settings.PUBLIC_URL}
    return {**_payload(escaped(words), timezone.now(), []), "test": True}


def _payload(text, moment, alerts):
    """The form that docs/self-hosting.md promises. `text` is what chat programs show."""
    return {
        "text": text,
        "site": settings.PUBLIC_URL,
        "url": settings.PUBLIC_URL + reverse("alert_list"),
        "sent_at": moment.isoformat(),
        "test": False,
        "alerts": alerts,
    }


def described(alert, state) -> dict:
    return {
        "key": alert.key,
        "severity": alert.severity,
        "state": state,
        "words": alert.words,
        "remedy": alert.remedy,
        "since": alert.since.isoformat(),
        "ended_at": alert.ended_at and alert.ended_at.isoformat(),
    }


def text(message: Message) -> str:
    """The message in lines, for a chat program."""
    lines = [_("Roost at %(address)s: %(summary)s") % {"address": settings.PUBLIC_URL, "summary": message.summary}]
    for heading, state, alerts in message.groups:
        for alert in alerts:
            remedy = f" {alert.remedy}" if alert.remedy and state != "ended" else ""
            lines.append(f"• {heading}: {alert.words}{remedy}")
    return escaped("\n".join(lines))


def escaped(line: str) -> str:
    """`line` so that chat programs find neither links nor people to call in it (Slack, "Formatting text for app
    surfaces"; Mattermost calls people by @)."""
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return line.replace("@", "@\u200b")
