import pytest

from orgs.models import AuditEntry, Organization

SETTINGS = "/orgs/acme/settings/"


def test_it_works(cast, browser):
    bob = browser(cast.bob)
    assert 'value="Acme"' in bob.get(SETTINGS).content.decode()
    page = bob.post(SETTINGS, {"name": " Acme  & Sons ", "time_zone": "Europe/Berlin"}, follow=True)
    assert "The settings are saved." in page.content.decode()
    cast.acme.refresh_from_db()
    assert (cast.acme.name, cast.acme.time_zone, cast.acme.slug) == ("Acme & Sons", "Europe/Berlin", "acme")


@pytest.mark.parametrize(
    ("field", "value"), [("name", " "), ("name", "x" * 101), ("name", "a\u202eb"), ("time_zone", "Mars/Olympus")]
)
def test_what_is_wrong_changes_nothing(cast, browser, field, value):
    page = browser(cast.alice).post(SETTINGS, {"name": "New", "time_zone": "UTC", field: value})
    assert page.context["form"].errors.keys() == {field}
    assert "<title>Settings · Acme · Roost</title>" in page.content.decode()
    assert Organization.objects.get(slug="acme").name == "Acme"


def test_the_address_stays(cast, browser):
    browser(cast.alice).post(SETTINGS, {"name": "New", "time_zone": "UTC", "slug": "elsewhere"})
    assert Organization.objects.get(name="New").slug == "acme"


def test_members_may_not(cast, browser):
    assert browser(cast.carol).post(SETTINGS, {"name": "Carol's", "time_zone": "UTC"}).status_code == 403
    assert Organization.objects.get(slug="acme").name == "Acme"


def test_what_was_changed_is_written_down(cast, browser):
    bob = browser(cast.bob)
    for _ in range(2):  # the second time nothing changes
        bob.post(SETTINGS, {"name": "Acme & Sons", "time_zone": "UTC"})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.organization) == (cast.bob, "changed settings", cast.acme)
    assert entry.details == {"changes": {"name": ["Acme", "Acme & Sons"]}}
