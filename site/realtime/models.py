from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import connections, models, router
from django.utils import timezone

#: How long a browser may be away and still be told what it missed; afterwards it is told to load its page anew.
KEPT = timedelta(days=1)
#: The number of the lock in which writers of events stand in line, on PostgreSQL.
LINE = 0x524F4F5354


class Event(models.Model):
    """Something that open pages should hear of, written in the transaction that does it.

    It carries ids only: whoever hears of it asks the pages, which know who may see what.
    """

    kind = models.CharField(max_length=50)  # what and a verb in the past: "task.changed"
    #: Whom it is for: the members of an organization (its id: organizations stand above this app), or one person.
    organization_id = models.BigIntegerField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False)
    #: Who did it, and need not be told.
    actor_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organization_id__isnull=False) | models.Q(user__isnull=False),
                name="realtime_event_is_for_somebody",
            )
        ]

    def __str__(self):
        return f"{self.id} {self.kind}"

    @classmethod
    def tell(cls, kind: str, *, organization_id: int | None = None, actor=None, **ids: int | str):
        """Tell all members of an organization. Call it within the transaction that does what it tells of.

        Arguments: `actor`, the User who did it; `ids`, of what was changed.
        """
        cls._stand_in_line()
        cls.objects.create(kind=kind, organization_id=organization_id, actor_id=actor and actor.pk, payload=ids)

    @classmethod
    def tell_people(cls, kind: str, user_ids: Iterable[int], *, organization_id=None, actor=None, **ids: int | str):
        """Tell these people only; with an `organization_id` only as long as they are its members."""
        cls._stand_in_line()
        cls.objects.bulk_create(
            cls(
                kind=kind,
                user_id=user_id,
                organization_id=organization_id,
                actor_id=actor and actor.pk,
                payload=ids,
            )
            for user_id in set(user_ids)
        )

    @classmethod
    def newest_id(cls) -> int:
        """The id of the newest one; 0 where there is none."""
        return cls.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    @classmethod
    def _stand_in_line(cls):
        """Have ids become visible in their order, which is what a listener goes by: on PostgreSQL the later one of two
        transactions may be committed first. SQLite has one writer at a time anyway."""
        connection = connections[router.db_for_write(cls)]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINE])
