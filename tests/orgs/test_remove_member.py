import pytest

from orgs.models import Role
from tests.cast import make_task


@pytest.fixture
def where(cast):
    def page_of(person):
        return f"/orgs/acme/members/{cast.acme.memberships.get(user=person).pk}/remove/"

    return page_of


def test_it_works(cast, browser, where):
    task = make_task(cast.acme, assigned_to=cast.carol)
    bob, carol, removal = browser(cast.bob), browser(cast.carol), where(cast.carol)
    assert "Remove Carol?" in bob.get(removal).content.decode()
    assert carol.get("/orgs/acme/tasks/").status_code == 200
    page = bob.post(removal, follow=True)
    assert "Carol is no longer a member." in page.content.decode()
    assert carol.get("/orgs/acme/tasks/").status_code == 404
    task.refresh_from_db()
    assert task.assigned_to == cast.carol
    assert bob.post(removal).status_code == 404


def test_only_owners_remove_owners(cast, browser, where):
    cast.acme.memberships.get(user=cast.carol).change_role(Role.OWNER)
    bob = browser(cast.bob)
    assert bob.get(where(cast.carol)).status_code == bob.post(where(cast.carol)).status_code == 403
    assert cast.acme.role_of(cast.carol) == Role.OWNER
    browser(cast.alice).post(where(cast.carol))
    assert cast.acme.role_of(cast.carol) is None


def test_the_last_owner_stays(cast, browser, where):
    page = browser(cast.alice).post(where(cast.alice))
    assert "always keeps an owner" in page.content.decode()
    assert cast.acme.role_of(cast.alice) == Role.OWNER


def test_members_may_not(cast, browser, where):
    assert browser(cast.carol).post(where(cast.dave)).status_code == 403
    assert cast.acme.role_of(cast.dave) == Role.VIEWER


def test_who_became_an_owner_meanwhile_stays(cast, browser, where, meanwhile):
    bob, removal = browser(cast.bob), where(cast.carol)
    promote = cast.acme.memberships.filter(user=cast.carol).update
    with meanwhile(lambda: promote(role=Role.OWNER), before="SAVEPOINT"):
        answer = bob.post(removal)
    assert "Somebody else has just changed this role" in answer.content.decode()
    assert cast.acme.role_of(cast.carol) == Role.OWNER
    assert bob.post(removal).status_code == 403


def test_who_has_lost_their_own_role_meanwhile_removes_nobody(cast, browser, where, meanwhile):
    bob, removal = browser(cast.bob), where(cast.carol)
    demote = cast.acme.memberships.filter(user=cast.bob).update
    with meanwhile(lambda: demote(role=Role.MEMBER), before="SAVEPOINT"):
        answer = bob.post(removal)
    assert "Your own role has just been changed" in answer.content.decode()
    assert cast.acme.role_of(cast.carol) == Role.MEMBER
    assert bob.post(removal).status_code == 403
