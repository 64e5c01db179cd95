import hashlib
from contextlib import suppress

from django.db import models
from django.utils.crypto import constant_time_compare

from orgs import permissions
from orgs.models.organization import Membership, Role


class Closed(Exception):
    """The invitation can no longer be accepted, sent or revoked."""


def _is_vouched():
    """Whether the inviter may still invite to that role: an invitation is as good as the word of who sent it."""
    inviter = Membership.objects.filter(
        organization=models.OuterRef("organization"), user=models.OuterRef("invited_by"), user__is_active=True
    )
    vouched = models.Q()
    for role in Role:
        givers = [giver for giver in Role if permissions.can_give(giver, role)]
        vouched |= models.Q(models.Exists(inviter.filter(role__in=givers)), role=role)
    return vouched


class InvitationQuerySet(models.QuerySet):
    def vouched(self):
        """Those that somebody vouches for."""
        return self.filter(_is_vouched())

    def with_vouching(self):
        """Adds `has_word`: whether somebody vouches for it."""
        return self.annotate(has_word=models.ExpressionWrapper(_is_vouched(), models.BooleanField()))

    def revoke_unvouched(self, by):
        """Revoke those that have not ended and that nobody vouches for any more; `by`: whose doing that is, or None."""
        open_ = self.not_ended()
        for invitation in open_.exclude(pk__in=open_.vouched().values("pk")).select_related("organization"):
            with suppress(Closed):  # it has been accepted at this moment
                invitation.revoke(by)

    def not_ended(self):
        """Neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def with_secret(self, invitation_id, secret):
        """The invitation whose link holds these two, or None."""
        invitation = self.filter(pk=invitation_id).first()
        return invitation if invitation and constant_time_compare(invitation.secret_hash, digest(secret)) else None


def digest(secret: str) -> str:
    """What is kept of a secret. It is random and long: a fast hash does."""
    return hashlib.sha256(secret.encode()).hexdigest()
