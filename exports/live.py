"""Tells open pages of exports and imports: those of whoever asked for one, and of those who see all of them."""

import time

from django.db import models, transaction
from django.db.models import Q

from orgs.models import Membership, Role
from realtime.models import Event

#: Seconds between two tellings of how far one is.
TELL_EVERY = 1.0


class Followed(models.Model):
    """The part of a Job by which open pages follow it. It has an `organization` and a `requested_by`."""

    #: What events call it: "export" for "export.changed".
    noun = ""

    #: When open pages were told of it last (time.monotonic).
    _told_at = 0.0

    class Meta:
        abstract = True

    @staticmethod
    def is_seen_by_all_in(role) -> bool:
        """Whether people in this Role see all of them, not only their own."""
        raise NotImplementedError

    def save(self, *args, **kwargs):
        with transaction.atomic():
            is_new = self._state.adding
            super().save(*args, **kwargs)
            if is_new:
                self.tell_change()

    def tell_change(self):
        with transaction.atomic():
            tell(self)
        self._told_at = time.monotonic()

    def heartbeat(self, progress=None, total=None):
        super().heartbeat(progress, total)
        if progress is not None and time.monotonic() - self._told_at >= TELL_EVERY:
            self.tell_change()


def tell(job):
    """Write that the job, a Followed, has changed, within the transaction that changes it. The id of the requester lets
    their pages say that it is ready."""
    see_all = [role for role in Role if job.is_seen_by_all_in(role)]
    mine_or_all = Q(user=job.requested_by_id) | Q(role__in=see_all)
    people = Membership.objects.filter(mine_or_all, organization=job.organization_id).values_list("user_id", flat=True)
    Event.tell_people(
        f"{job.noun}.changed",
        people,
        organization_id=job.organization_id,
        status=job.status,
        **{job.noun: job.pk},
        **({"requester": job.requested_by_id} if job.requested_by_id else {}),
    )
