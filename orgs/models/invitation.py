"""Invitations by e-mail: whoever holds the link of one may join, once, until it expires or is revoked.

    Invitation.send ──► Email with the link ──► its page asks ──► accept or accept_as_new_person ──► Membership

The link's secret stands in that e-mail only; here is its hash. Each sending has a secret of its own, so that one link
works at a time. Who has the link has shown that the mail sent to its address reaches them.

It stands and falls with who sent it: where they leave, are removed, or may no longer give its role, it is revoked.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from mail import outbox
from orgs import mail
from orgs.models.audit import AuditEntry
from orgs.models.invitation_queryset import Closed, InvitationQuerySet, digest
from orgs.models.organization import Organization, Role
from realtime.models import Event

#: How long a link works.
LIFE = timedelta(days=7)
#: How long after that the row is kept.
HISTORY = timedelta(days=30)
#: Open invitations that an organization may have, and how many it, and one person in all of theirs, may write within a
#: day: where anybody may make organizations, nobody is to write to the whole world by them.
OPEN_LIMIT = 50
DAY_LIMIT = 100
#: How often one may be sent, and how long after the last time.
SENDINGS = 5
RESEND_AFTER = timedelta(minutes=5)


class Invitation(models.Model):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)  # in lower case
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    secret_hash = models.CharField(max_length=64)
    sendings = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    #: Of one that was sent just now: where its e-mail leads. Nothing keeps it but that e-mail.
    link = ""

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="orgs_invitation_once",
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="orgs_invitation_lower"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="orgs_invitation_role"),
        ]

    def __str__(self):
        return f"{self.email} to {self.organization} ({self.role})"

    # ---- by those who look after members

    @classmethod
    @transaction.atomic
    def send(cls, organization, email, role, by):
        """Invite whoever has the address `email`, as the User `by`. Returns the Invitation.

        Raises ValidationError where they are a member or invited already, or where that would be too many.
        """
        email, now = email.lower(), timezone.now()
        organization.stand_in_line()
        if organization.members.filter(email__iexact=email).exists():
            raise ValidationError(_("%(email)s is a member already.") % {"email": email})
        if organization.invitations.not_ended().filter(email=email).exists():
            raise ValidationError(
                _("%(email)s is invited already: send that invitation again, or revoke it first.") % {"email": email}
            )
        if organization.invitations.not_ended().count() >= OPEN_LIMIT:
            raise ValidationError(
                _("%(number)d invitations are open, as many as there may be: revoke some first.")
                % {"number": OPEN_LIMIT}
            )
        today = cls.objects.filter(created_at__gt=now - timedelta(days=1))
        if any(
            today.filter(**whose).count() >= DAY_LIMIT for whose in ({"organization": organization}, {"invited_by": by})
        ):
            raise ValidationError(
                _("%(number)d people were invited within a day, as many as may be: go on tomorrow.")
                % {"number": DAY_LIMIT}
            )
        invitation = cls(organization=organization, email=email, role=role, invited_by=by)
        invitation._write(now)
        invitation._tell(by, "invited", role=role)
        return invitation

    @property
    def can_be_resent(self):
        return self.sendings < SENDINGS and self.sent_at <= timezone.now() - RESEND_AFTER

    @transaction.atomic
    def resend(self, by):
        """Send it once more, with a new link that works for another seven days; the one before no longer does. From now
        on it is the invitation of the User `by`.

        Raises Closed, and ValidationError where it was sent just now or too often.
        """
        self.organization.stand_in_line()
        if not self._open().exists():
            raise Closed
        if self.sendings >= SENDINGS:
            raise ValidationError(
                _("It was sent %(number)d times, as often as may be. Revoke it to start afresh.") % {"number": SENDINGS}
            )
        if not self.can_be_resent:
            minutes = int(RESEND_AFTER.total_seconds() // 60)
            raise ValidationError(
                _("It was sent just now. Wait %(number)d minutes before you send it again.") % {"number": minutes}
            )
        self.invited_by = by
        self._write(timezone.now())
        self._tell(by, "resent invitation")

    @transaction.atomic
    def revoke(self, by):
        """Its link no longer works. Raises Closed."""
        self.organization.stand_in_line()
        if not self._open().update(revoked_at=timezone.now()):
            raise Closed
        self._tell(by, "revoked invitation")

    # ---- by whoever has the link

    @property
    def is_open(self):
        return self.state == "open"

    @property
    def is_expired(self):
        return self.expires_at <= timezone.now()

    @property
    def is_vouched(self):
        """Whether somebody vouches for it."""
        return type(self).objects.vouched().filter(pk=self.pk).exists()

    @property
    def state(self) -> str:
        """ "open", "accepted", "revoked", "expired", or "withdrawn" where nobody vouches for it."""
        if self.accepted_at:
            return "accepted"
        if self.revoked_at or self.is_expired:
            return "revoked" if self.revoked_at else "expired"
        return "open" if self.is_vouched else "withdrawn"

    @transaction.atomic
    def accept(self, user) -> bool:
        """Make `user` a member. Returns False where they are one already, and keep their role. Raises Closed."""
        self._use()
        return self._join(user)

    def accept_as_new_person(self, password, **fields):
        """Make an account for the address, and a member of it. Returns the User.

        The address counts as proven: the link has come by mail. Raises Closed, and IntegrityError where the address has
        an account.
        """
        hashed = make_password(password)  # takes long on purpose: not while others wait to write
        with transaction.atomic():
            self._use()
            user = User.objects.create_user(self.email, **fields)
            user.password = hashed
            user.save(update_fields=["password"])
            self._join(user)
        return user

    # ---- how

    def _use(self):
        """Of several who accept at once one goes on."""
        self.organization.stand_in_line()
        now = timezone.now()
        if not self._open().vouched().filter(expires_at__gt=now).update(accepted_at=now):
            raise Closed
        self.accepted_at = now

    def _join(self, user):
        self.accepted_by = user
        self.save(update_fields=["accepted_by"])
        otherwise = {} if user.email.lower() == self.email else {"invited_as": self.email}
        return self.organization.add_member(user, self.role, by=user, **otherwise)

    def _open(self):
        """The link that this object was read with, as long as it may be used."""
        return type(self).objects.not_ended().filter(pk=self.pk, secret_hash=self.secret_hash)

    def _write(self, now):
        """Give it a new link, and write the e-mail that holds it."""
        secret = secrets.token_urlsafe(32)
        self.secret_hash, self.sendings = digest(secret), self.sendings + 1
        self.sent_at, self.expires_at = now, now + LIFE
        self.save()
        self.link = settings.PUBLIC_URL + reverse("accept_invitation", args=[self.pk, secret])
        subject, text, html = mail.invitation(self, self.link)
        outbox.post(mail.INVITATION, self.mail_key, to=self.email, subject=subject, text=text, html=html)

    @property
    def mail_key(self):
        """Names the e-mail of its last sending."""
        return f"invitation:{self.pk}:sending:{self.sendings}"

    def _tell(self, by, action, **details):
        AuditEntry.note(by, action, self.email, organization=self.organization, **details)
        Event.tell("member.changed", organization_id=self.organization_id, actor=by, invitation=self.pk)


def is_still_wanted(email) -> bool:
    """Asked just before an invitation leaves (`mail.kinds.Kind`): does the link in it still work?"""
    invitation_id, sending = email.key.split(":")[1::2]
    invitation = Invitation.objects.filter(pk=invitation_id, sendings=sending).first()
    return invitation is not None and invitation.is_open
