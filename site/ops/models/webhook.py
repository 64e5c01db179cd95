"""What is told to a program: one POST of JSON to ALERT_WEBHOOK_URL, as durable as any job."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.errors import Cancelled
from jobs.models import Job, Outcome, Status
from ops.alerts import http
from ops.models.alert import Alert


class Webhook(Job):
    """A message to the webhook. On the `exports` queue, e-mails being on the other: each tells of the other's death."""

    queue = "exports"
    doorbell = "ops.tasks.post_webhook"
    max_attempts = 8
    backoff = timedelta(seconds=30)
    backoff_cap = timedelta(minutes=30)
    #: No heartbeat is possible while a server keeps us waiting.
    lease = timedelta(minutes=2)
    time_limit = timedelta(minutes=1)
    retryable = (*Job.retryable, http.Unavailable)

    #: The moment that its alerts were told at; None for a test.
    moment = models.DateTimeField(_("moment"), null=True)
    payload = models.JSONField(_("payload"))
    #: The status of the last answer (RFC 9110, 15).
    answer = models.PositiveSmallIntegerField(_("answer"), null=True, editable=False)

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")

    @property
    def title(self):
        return str(self.payload["text"]).partition("\n")[0]

    def perform(self):
        if reason := self._why_not():
            self._end(Outcome.CANCELLED, reason, status=Status.CANCELLED)
            raise Cancelled
        return {"answer": http.post({"id": self.pk, **self.payload})}

    def _why_not(self):
        """Why it is not to be sent, or "". Late news would contradict newer ones that have arrived."""
        if not settings.ALERT_WEBHOOK_URL:
            return gettext("ALERT_WEBHOOK_URL is no longer set.")
        still_news = self.moment is None or Alert.objects.told_at_moment(self.moment, timezone.now()).exists()
        return "" if still_news else gettext("Outdated: what it tells is over, or has been told again.")
