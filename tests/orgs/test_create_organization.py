"""A further organization, for those who may make one."""

import pytest
from django.test import Client

from orgs.models import AuditEntry, Organization, Role
from tests.cast import make_user

CREATE = "/orgs/new/"
NEW = {"organization_name": "Beta & Friends", "slug": "", "time_zone": "Europe/Berlin"}


@pytest.fixture
def operator(cast, browser):
    cast.alice.is_staff = True
    cast.alice.save()
    return browser(cast.alice)


def test_it_works(cast, operator):
    assert f'href="{CREATE}"' in operator.get("/orgs/acme/tasks/").content.decode()
    assert 'value="UTC" selected' in operator.get(CREATE).content.decode()
    page = operator.post(CREATE, NEW, follow=True)
    assert page.redirect_chain == [("/orgs/beta-friends/tasks/", 302)]
    beta = Organization.objects.get(slug="beta-friends")
    assert (beta.name, beta.time_zone, beta.role_of(cast.alice)) == ("Beta & Friends", "Europe/Berlin", Role.OWNER)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.organization) == (cast.alice, "created", beta)


def test_others_may_where_anybody_may_come_in(cast, browser, settings):
    bob = browser(cast.bob)
    assert f'href="{CREATE}"' not in bob.get("/orgs/acme/tasks/").content.decode()
    assert bob.post(CREATE, NEW).status_code == 403
    settings.OPEN_REGISTRATION = True
    assert f'href="{CREATE}"' in bob.get("/orgs/acme/tasks/").content.decode()
    assert bob.post(CREATE, NEW).status_code == 302
    assert Organization.objects.get(slug="beta-friends").role_of(cast.bob) == Role.OWNER
    assert "Create an organization" in browser(make_user("Erin")).get("/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("organization_name", ""), ("slug", "acme"), ("slug", "ACME"), ("slug", "a b"), ("time_zone", "Mars/Olympus")],
)
def test_what_is_wrong_is_said_at_its_field(operator, field, value):
    page = operator.post(CREATE, {**NEW, field: value})
    assert page.context["form"].errors.keys() == {field}
    assert Organization.objects.count() == 2


def test_a_short_name_that_is_taken_meanwhile_is_refused(operator, meanwhile):
    with meanwhile(lambda: Organization.objects.create(name="B", slug="beta-friends"), before="SAVEPOINT"):
        page = operator.post(CREATE, NEW)
    assert "Another organization has this short name." in page.context["form"].errors["slug"].as_text()
    assert not Organization.objects.filter(name="Beta & Friends").exists()


def test_strangers_sign_in_first(cast):
    assert Client().get(CREATE).headers["Location"] == f"/accounts/login/?next={CREATE}"
