"""What Roost writes to those who operate it."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mail.kinds import Kind
from mail.render import render

ALERTS = Kind(
    "alerts",
    label=_("Operation"),
    description=_("When something here needs attention, and when it is well again"),
    resend=True,
    optional=True,
    keys_expire=True,
    for_staff=True,
    still_wanted="ops.alerts.telling.is_still_wanted",
)


def alerts(user, message):
    """The subject, the text and the HTML of the e-mail that tells a user a message (`ops.alerts.telling.Message`)."""
    with timezone.override(user.zone):
        return render("ops/mail/alerts", {"user": user, "kind": ALERTS, "message": message})


def alert_test(user):
    """The same of a test."""
    return render("ops/mail/alert_test", {"user": user, "kind": ALERTS})
