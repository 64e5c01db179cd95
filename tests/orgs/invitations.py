"""What the tests of sent invitations need."""

from datetime import timedelta

from orgs.models import Invitation

MEMBERS = "/orgs/acme/members/"
INVITE = f"{MEMBERS}invite/"


def where(invitation, verb):
    return f"{MEMBERS}invitations/{invitation.pk}/{verb}/"


def later(invitation, **times):
    """Have it been sent so much earlier."""
    moved = timedelta(**times)
    Invitation.objects.filter(pk=invitation.pk).update(
        sent_at=invitation.sent_at - moved, expires_at=invitation.expires_at - moved
    )


def state(invitation):
    return Invitation.objects.get(pk=invitation.pk).state
