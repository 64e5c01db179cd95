from django.conf import settings
from django.db import models
from django.utils import timezone

from orgs.models.organization import Organization


class AuditEntry(models.Model):
    """Who did what, and when. Kept when the person or what they did it to is gone: both are written in words too."""

    at = models.DateTimeField(default=timezone.now)
    #: None for what the installation did by itself, or somebody in its shell.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=320)
    #: None for what concerns the whole installation.
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="audit_entries")
    #: A verb in the past, such as "retried".
    action = models.CharField(max_length=50)
    #: To what: a job's label ("exports.exportjob:12"), the name of a queue, a schedule, a file.
    target = models.CharField(max_length=320)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["organization", "-id"], name="orgs_audit_newest"),
            models.Index(fields=["action", "-id"], name="orgs_audit_action"),
            models.Index(fields=["target", "-id"], name="orgs_audit_target"),
        ]

    def __str__(self):
        return f"{self.actor_name} {self.action} {self.target}"

    @classmethod
    def note(cls, actor, action: str, target, *, organization=None, **details):
        """Write down that `actor` (a User, or None for the installation itself) did `action` to `target`.

        Call it in the transaction that does it. `details`: further values, as JSON takes them. Returns the entry.
        """
        return cls.objects.create(
            actor=actor,
            actor_name=f"{actor.get_full_name()} <{actor.email}>"[:320] if actor else "Roost",
            organization=organization,
            action=action,
            target=str(target)[:320],
            details=details,
        )
