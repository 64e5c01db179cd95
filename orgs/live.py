"""Who hears of what happens in an organization: its members, as the stream of events asks every few seconds."""

from collections.abc import Iterable

from orgs.models import Membership


def organizations_of(user_ids: Iterable[int]) -> dict[int, set[int]]:
    """By user, the ids of the organizations that they are members of (settings.EVENTS_ORGANIZATIONS_OF)."""
    memberships: dict[int, set[int]] = {}
    for user_id, organization_id in Membership.objects.filter(user__in=list(user_ids)).values_list(
        "user_id", "organization_id"
    ):
        memberships.setdefault(user_id, set()).add(organization_id)
    return memberships
