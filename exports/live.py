"""Tells open pages of an export: whoever asked for it, and those who see all exports of the organization."""

from django.db.models import Q

from orgs.models import Membership, Role
from orgs.permissions import can_see_all_exports
from realtime.models import Event

#: Seconds between two tellings of how far one is.
TELL_EVERY = 1.0

_SEE_ALL = [role for role in Role if can_see_all_exports(role)]


def tell(job):
    """Write that the ExportJob has changed, within the transaction that changes it. The id of the requester lets their
    pages say that it is ready."""
    mine_or_all = Q(user=job.requested_by_id) | Q(role__in=_SEE_ALL)
    people = Membership.objects.filter(mine_or_all, organization=job.organization_id).values_list("user_id", flat=True)
    Event.tell_people(
        "export.changed",
        people,
        organization_id=job.organization_id,
        export=job.pk,
        status=job.status,
        **({"requester": job.requested_by_id} if job.requested_by_id else {}),
    )
