"""The people of every test, and small builders.

Acme: Alice owns it, Bob is an admin, Carol a member, Dave a viewer. Mallory owns Elsewhere and has no business in Acme.
"""

import itertools
from dataclasses import dataclass

from accounts.models import User
from orgs.models import Membership, Organization, Role, Task

PASSWORD = "a long enough one"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cast:
    acme: Organization
    elsewhere: Organization
    alice: User
    bob: User
    carol: User
    dave: User
    mallory: User


def make_user(name=None, **fields):
    """A person who can sign in with PASSWORD; the e-mail address is made of the name."""
    name = name or f"Person {next(_numbers)}"
    fields.setdefault("email", f"{name.lower().replace(' ', '.')}@acme.test")
    return User.objects.create_user(name=name, password=fields.pop("password", PASSWORD), **fields)


def make_org(name=None, /, **people):
    """An organization; `owner=alice, viewer=dave` makes them members in these roles (or lists of people)."""
    name = name or f"Organization {next(_numbers)}"
    organization = Organization.objects.create(name=name, slug=name.lower().replace(" ", "-"))
    for role, someone in people.items():
        for user in someone if isinstance(someone, list) else [someone]:
            Membership.objects.create(organization=organization, user=user, role=Role(role))
    return organization


def make_task(organization, title=None, **fields):
    """A task; `created_at` may be given too."""
    created_at = fields.pop("created_at", None)
    task = Task.objects.create(organization=organization, title=title or f"Task {next(_numbers)}", **fields)
    if created_at:
        Task.objects.filter(pk=task.pk).update(created_at=created_at)
        task.created_at = created_at
    return task


def make_cast():
    alice, bob, carol, dave = (make_user(name) for name in ("Alice", "Bob", "Carol", "Dave"))
    mallory = make_user("Mallory", email="mallory@elsewhere.test")
    return Cast(
        acme=make_org("Acme", owner=alice, admin=bob, member=carol, viewer=dave),
        elsewhere=make_org("Elsewhere", owner=mallory),
        alice=alice,
        bob=bob,
        carol=carol,
        dave=dave,
        mallory=mallory,
    )
