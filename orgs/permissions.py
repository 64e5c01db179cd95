"""Who may do what in an organization, by Role. None is somebody who is no member: may nothing."""

from django.conf import settings

from orgs.models.organization import Role

_MANAGERS = {Role.OWNER, Role.ADMIN}
_WORKERS = {*_MANAGERS, Role.MEMBER}


def can_write_tasks(role):
    """Create, change, complete and delete them."""
    return role in _WORKERS


def can_export_tasks(role):
    return role in _WORKERS


def can_see_all_exports(role):
    """Those that others started too."""
    return role in _MANAGERS


def can_manage_members(role):
    """Invite, remove and change members, but owners: see `can_manage_owners`."""
    return role in _MANAGERS


def can_manage_owners(role):
    """Make somebody an owner, invite one, and change or remove one."""
    return role == Role.OWNER


def can_give(role, wanted):
    """Let somebody have the Role `wanted`, or take it from them."""
    return can_manage_owners(role) if wanted == Role.OWNER else can_manage_members(role)


def can_see_audit_log(role):
    """Who did what in the organization."""
    return role in _MANAGERS


def can_create_organizations(user):
    """Make a further one, and own it: who operates the installation, or anybody where anybody may come in."""
    return user.is_staff or settings.OPEN_REGISTRATION


def can_change_settings(role):
    """The organization's name and time zone."""
    return role in _MANAGERS
