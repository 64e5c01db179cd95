import zoneinfo
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import time_zones, validate_time_zone
from orgs.models.audit import AuditEntry
from realtime.models import Event


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")  # everything, and the only role that makes or removes owners
    ADMIN = "admin", _("Admin")  # members and everything in the organization
    MEMBER = "member", _("Member")  # works: writes tasks, exports
    VIEWER = "viewer", _("Viewer")  # reads


class OrganizationQuerySet(models.QuerySet):
    def for_user(self, user):
        """Those that `user` may see: every view starts here, so that another organization is a 404."""
        return self.filter(memberships__user=user)

    @transaction.atomic
    def found(self, owner, **columns):
        """Make an organization that the User `owner` owns. Returns it."""
        organization = self.create(**columns)
        organization.memberships.create(user=owner, role=Role.OWNER)
        AuditEntry.note(owner, "created", organization.name, organization=organization)
        return organization


class Organization(models.Model):
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="organizations")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def zone(self):
        """The organization's ZoneInfo; UTC where a later time zone database no longer has the name."""
        return zoneinfo.ZoneInfo(self.time_zone if self.time_zone in time_zones() else "UTC")

    def role_of(self, user):
        """The Role of `user` here, or None."""
        role = self.memberships.filter(user=user).values_list("role", flat=True).first()
        return Role(role) if role else None

    def stand_in_line(self):
        """Wait for whoever changes its members or invitations at this moment; until the transaction ends, others wait.
        (On SQLite they already do so at BEGIN IMMEDIATE.)"""
        Organization.objects.select_for_update(no_key=True).get(pk=self.pk)

    def hold_member(self, user_id):
        """The Membership of a User, which does not end before the transaction does within which this is called.

        Raises ValidationError, of the field `assigned_to`, where there is none: they may have left since a form was
        looked through.
        """
        members = self.memberships.select_for_update(of=("self",), no_key=True).select_related("user")
        membership = members.filter(user=user_id).first()
        if membership is None:
            raise ValidationError({"assigned_to": _("This person is no longer a member.")})
        return membership

    @transaction.atomic
    def add_member(self, user, role, by=None, **details):
        """Make `user` a member. Returns whether that is new: a member keeps the role that they have.

        `by` is who does it, here and below: a User, or None for the installation itself. `details` go to the audit log.
        """
        membership, is_new = self.memberships.get_or_create(user=user, defaults={"role": role})
        if is_new:
            membership.tell(by, "joined" if by == user else "added", role=role, **details)
        return is_new

    @transaction.atomic
    def change_settings(self, by):
        """Save its name and time zone."""
        before = Organization.objects.select_for_update(no_key=True).get(pk=self.pk)
        names = ["name", "time_zone"]
        changes = {name: [getattr(before, name), getattr(self, name)] for name in names}
        changes = {name: values for name, values in changes.items() if values[0] != values[1]}
        if changes:
            self.save(update_fields=names)
            AuditEntry.note(by, "changed settings", self.name, organization=self, changes=changes)


class Membership(models.Model):
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="orgs_membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="orgs_membership_role"),
        ]

    def __str__(self):
        return f"{self.user} in {self.organization} ({self.role})"

    def change_role(self, role, by=None):
        """Give the member another Role.

        Raises ValidationError where the organization would lose its last owner, or where the role is no longer the one
        that this object was read with, since whoever may change that one may not change any, or `by` has just lost the
        right to it; DoesNotExist where the membership has ended.
        """
        if role == self.role:
            return
        with self._change(by):
            self._require_word(by, self.role, role)
            Membership.objects.filter(pk=self.pk).update(role=role)
            self.tell(by, "changed role", before=self.role, after=role)
        self.role = role

    def remove(self, by=None):
        """End the membership; everybody may end their own. Raises what change_role() raises."""
        with self._change(by):
            if by != self.user:
                self._require_word(by, self.role)
            Membership.objects.filter(pk=self.pk).delete()  # self.delete() would forget the id where this is refused
            self.tell(by, "left" if by == self.user else "removed", role=self.role)

    def hand_over(self, successor, by=None):
        """Make the Membership `successor` an owner, and this one, an owner's, an admin's. Raises what change_role()
        raises, and ValidationError where this one is no owner's: it has just lost that."""
        if self.role != Role.OWNER:
            raise ValidationError(_("Somebody else has just changed this role: look again."))
        with self._change(by), successor._change(by):
            Membership.objects.filter(pk=successor.pk).update(role=Role.OWNER)
            Membership.objects.filter(pk=self.pk).update(role=Role.ADMIN)
            successor.tell(by, "transferred ownership", before=successor.role)
        self.role, successor.role = Role.ADMIN, Role.OWNER

    @contextmanager
    def _change(self, by):
        with transaction.atomic():
            self.organization.stand_in_line()
            if Membership.objects.get(pk=self.pk).role != self.role:
                raise ValidationError(_("Somebody else has just changed this role: look again."))
            yield
            if not Membership.objects.filter(organization=self.organization_id, role=Role.OWNER).exists():
                raise ValidationError(_("An organization always keeps an owner: make someone else owner first."))
            self.organization.invitations.revoke_unvouched(by)

    def _require_word(self, by, *roles):
        """Raise ValidationError where `by` may not give, or take, these roles: theirs may just have been changed."""
        from orgs import permissions  # which stands above this module

        giver = by and self.organization.role_of(by)
        if by and not all(permissions.can_give(giver, role) for role in roles):
            raise ValidationError(_("Your own role has just been changed: look again."))

    def tell(self, by, action, **details):
        """Write down in the audit log, and tell open pages, what happened to it; in the transaction that does it."""
        AuditEntry.note(by, action, AuditEntry.name_of(self.user), organization=self.organization, **details)
        Event.tell("member.changed", organization_id=self.organization_id, actor=by, user=self.user_id)
