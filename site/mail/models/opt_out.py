from django.conf import settings
from django.db import models


class OptOut(models.Model):
    """Someone does not want e-mails of a kind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="opt_outs")
    kind = models.CharField(max_length=50)  # Kind.name
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="mail_optout_once")]

    def __str__(self):
        return f"{self.user} does not want {self.kind}"
