"""The people of every test, and small builders.

Acme: Alice owns it, Bob is an admin, Carol a member, Dave a viewer. Mallory owns Elsewhere and has no business in Acme.
"""

import itertools
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

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
    """The people and their organizations, in one statement for each table: most tests begin with it."""
    addresses = {name: f"{name}@acme.test" for name in ("alice", "bob", "carol", "dave")}
    addresses["mallory"] = "mallory@elsewhere.test"
    people = {
        name: User(name=name.title(), email=address, password=make_password(PASSWORD))
        for name, address in addresses.items()
    }
    User.objects.bulk_create(people.values())
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people.values()
    )
    acme, elsewhere = Organization.objects.bulk_create(
        Organization(name=name, slug=name.lower()) for name in ("Acme", "Elsewhere")
    )
    cast = Cast(acme, elsewhere, **people)
    Membership.objects.bulk_create(
        Membership(organization=organization, user=user, role=role)
        for organization, user, role in [
            (acme, cast.alice, Role.OWNER),
            (acme, cast.bob, Role.ADMIN),
            (acme, cast.carol, Role.MEMBER),
            (acme, cast.dave, Role.VIEWER),
            (elsewhere, cast.mallory, Role.OWNER),
        ]
    )
    return cast
