from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import pgettext_lazy

#: What is written down of an organization, in the order of the filter. What operators do has further verbs.
ACTIONS = {
    "invited": pgettext_lazy("audit log", "invited"),
    "resent invitation": pgettext_lazy("audit log", "resent invitation"),
    "revoked invitation": pgettext_lazy("audit log", "revoked invitation"),
    "joined": pgettext_lazy("audit log", "joined"),
    "added": pgettext_lazy("audit log", "added"),
    "left": pgettext_lazy("audit log", "left"),
    "removed": pgettext_lazy("audit log", "removed"),
    "changed role": pgettext_lazy("audit log", "changed role"),
    "transferred ownership": pgettext_lazy("audit log", "transferred ownership"),
    "changed settings": pgettext_lazy("audit log", "changed settings"),
    "created": pgettext_lazy("audit log", "created"),
    "exported": pgettext_lazy("audit log", "exported"),
    "downloaded": pgettext_lazy("audit log", "downloaded"),
    "imported": pgettext_lazy("audit log", "imported"),
}
#: The names of values that the details have.
DETAILS = {
    "role": pgettext_lazy("audit log", "role"),
    "invited_as": pgettext_lazy("audit log", "invited as"),
    "name": pgettext_lazy("audit log", "name"),
    "time_zone": pgettext_lazy("audit log", "time zone"),
    "export_format": pgettext_lazy("audit log", "export format"),
    "columns": pgettext_lazy("audit log", "columns"),
    "file": pgettext_lazy("audit log", "file"),
    "tasks": pgettext_lazy("audit log", "tasks"),
    "status": pgettext_lazy("audit log", "status"),
    "priority": pgettext_lazy("audit log", "priority"),
    "assigned_to": pgettext_lazy("audit log", "assigned to"),
    "due": pgettext_lazy("audit log", "due"),
    "sort": pgettext_lazy("audit log", "sort"),
}

#: From each verb to the next.
ACTIONS_IN_USE = """
    WITH RECURSIVE used(action) AS (
        SELECT min(action) FROM orgs_auditentry
        UNION ALL
        SELECT (SELECT min(action) FROM orgs_auditentry WHERE action > used.action)
        FROM used WHERE used.action IS NOT NULL
    )
    SELECT action FROM used WHERE action IS NOT NULL LIMIT %s
"""


class AuditEntry(models.Model):
    """Who did what, and when. Kept when the person or what they did it to is gone: both are written in words too."""

    at = models.DateTimeField(default=timezone.now)
    #: None for what the installation did by itself, or somebody in its shell.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="audit_entries")
    actor_name = models.CharField(max_length=320)
    #: None for what concerns the whole installation.
    organization = models.ForeignKey("Organization", models.CASCADE, null=True, related_name="audit_entries")
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

    @property
    def action_in_words(self):
        """What was done, in the reader's language; what only operators do is in English."""
        return ACTIONS.get(self.action, self.action)

    @property
    def about(self):
        """What it was done to, for people."""
        return self.details.get("title") or self.target

    @property
    def in_detail(self):
        """The details, for people: “role: member”, “member → admin”."""
        details = {name: value for name, value in self.details.items() if name != "title"}
        words = []
        if "after" in details:
            words.append(f"{details.pop('before')} → {details.pop('after')}")
        for name, (before, after) in details.pop("changes", {}).items():
            words.append(f"{DETAILS.get(name, name.replace('_', ' '))}: {before} → {after}")
        for name, value in (details | details.pop("filters", {})).items():
            if name != "filters" and value not in ("", None):
                words.append(f"{DETAILS.get(name, name.replace('_', ' '))}: {value}")
        return ", ".join(words)

    @classmethod
    def actions_in_use(cls, limit: int) -> list[str]:
        """What has been done at all, at most `limit` verbs, in alphabetical order.

        Reads one entry of each: a DISTINCT would read the whole index (https://wiki.postgresql.org/wiki/Loose_indexscan).
        """
        with connection.cursor() as cursor:
            cursor.execute(ACTIONS_IN_USE, [limit])
            return [action for (action,) in cursor.fetchall()]

    @classmethod
    def note(cls, actor, action: str, target, *, organization=None, **details):
        """Write down that `actor` (a User, or None for the installation itself) did `action` to `target`.

        Call it in the transaction that does it. `details`: further values, as JSON takes them. Returns the entry.
        """
        return cls.objects.create(
            actor=actor,
            actor_name=cls.name_of(actor) if actor else "Roost",
            organization=organization,
            action=action,
            target=str(target)[:320],
            details=details,
        )

    @staticmethod
    def name_of(user) -> str:
        """A person as the log names them: who bears a name can change it."""
        return f"{user.get_full_name()} <{user.email}>"[:320]
