"""What can be misconfigured about alerts, each with an id and a remedy."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from ops.alerts import http

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@checks.register("ops")
def webhook_has_an_address(app_configs, **kwargs):
    url = settings.ALERT_WEBHOOK_URL
    if not url:
        return []
    if what := http.problem(url):
        # Not the address itself: it may hold a secret.
        hint = _("Write it as the chat program shows it, such as https://chat.example.com/hooks/…")
        return [checks.Error(what, hint=hint, id="ops.E101")]
    if url.startswith("http:") and urlsplit(url).hostname not in LOOPBACK:
        message = _("ALERT_WEBHOOK_URL is not HTTPS: whoever is on the way can read it, and write to it.")
        return [checks.Warning(message, hint=_("Use https:// where it is not within your own network."), id="ops.W101")]
    return []


@checks.register("ops")
def alerts_have_limits(app_configs, **kwargs):
    errors = []
    if settings.ALERT_REPEAT_HOURS < 1:
        message = _("ALERT_REPEAT_HOURS is %(hours)s: reminders would come all the time.") % {
            "hours": f"{settings.ALERT_REPEAT_HOURS:g}"
        }
        errors.append(checks.Error(message, hint=_("Give it at least 1."), id="ops.E102"))
    if settings.ALERT_FAILURES_PER_HOUR < 0:
        message = _("ALERT_FAILURES_PER_HOUR is %(number)d: there are never fewer than none.") % {
            "number": settings.ALERT_FAILURES_PER_HOUR
        }
        errors.append(checks.Error(message, hint=_("Give it 0 or more."), id="ops.E103"))
    return errors
