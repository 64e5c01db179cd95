from django.db import models
from django.db.models.functions import Lower


class SuppressionQuerySet(models.QuerySet):
    def of(self, address):
        """The suppression of an address, whatever its case, or None."""
        return self.filter(address=address.lower()).first()

    def add_address(self, address, answer):
        """Suppress the address because of the server's `answer`; the first one is kept."""
        self.get_or_create(address=address.lower(), defaults={"answer": answer})

    def lift(self, address):
        """The address is right after all."""
        self.filter(address=address.lower()).delete()


class Suppression(models.Model):
    """An address that a mail server refused as unknown: nothing is sent to it until its owner confirms it.

    Who goes on mailing to unknown addresses is soon taken for a spammer, and then nobody gets anything.
    """

    address = models.EmailField(max_length=320, unique=True)  # in lower case
    answer = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(address=Lower("address")), name="mail_suppression_lower")
        ]

    def __str__(self):
        return f"{self.address}: {self.answer}"
