import pytest

from orgs.models import Role

LEAVE = "/orgs/acme/members/leave/"


def test_it_works(cast, browser):
    dave = browser(cast.dave)
    assert "Leave Acme?" in dave.get(LEAVE).content.decode()
    assert cast.acme.role_of(cast.dave) == Role.VIEWER
    page = dave.post(LEAVE, follow=True)
    assert "You have left Acme." in page.content.decode()
    assert cast.acme.role_of(cast.dave) is None
    assert dave.post(LEAVE).status_code == 404


def test_the_last_owner_stays(cast, browser):
    alice = browser(cast.alice)
    assert "always keeps an owner" in alice.post(LEAVE).content.decode()
    assert cast.acme.role_of(cast.alice) == Role.OWNER
    cast.acme.memberships.get(user=cast.bob).change_role(Role.OWNER)
    assert alice.post(LEAVE).headers["Location"] == "/"
    assert cast.acme.role_of(cast.alice) is None


@pytest.mark.parametrize("before", ['SELECT "orgs_membership"', "SAVEPOINT"])
def test_leaving_twice_at_the_same_moment_is_not_found(cast, browser, meanwhile, before):
    dave = browser(cast.dave)
    with meanwhile(cast.acme.memberships.filter(user=cast.dave).delete, before=before):
        assert dave.post(LEAVE).status_code == 404
    assert cast.acme.role_of(cast.dave) is None
