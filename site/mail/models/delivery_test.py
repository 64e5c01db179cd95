from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from mail import transport


class DeliveryTest(Job):
    """One test message, sent at once and past the outbox, and what the mail server said to it.

    It is done when the server has been asked, whatever it answered: `accepted` and `dialogue` tell.
    """

    queue = "emails"
    doorbell = "mail.tasks.run_delivery_test"
    max_attempts = 1
    person_path = "requested_by"
    searched = ("error", "recipient", "dialogue")

    recipient = models.EmailField(_("recipient"), max_length=254)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("requested by"),
    )
    accepted = models.BooleanField(_("accepted"), default=False, editable=False)
    dialogue = models.TextField(_("dialogue"), blank=True, editable=False)

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("delivery test"), _("delivery tests")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["requested_by", "created_at", "id"], name="deliverytest_of_person"),
        ]

    @property
    def title(self):
        return gettext("Delivery test to %(recipient)s") % {"recipient": self.recipient}

    def perform(self):
        result = transport.try_out(self.recipient)
        return {"accepted": result.accepted, "dialogue": "\n".join(result.dialogue)}
