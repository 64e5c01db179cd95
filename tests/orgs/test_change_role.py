import pytest

from orgs.models import Role


@pytest.fixture
def where(cast):
    def page_of(person):
        return f"/orgs/acme/members/{cast.acme.memberships.get(user=person).pk}/"

    return page_of


def test_it_works(cast, browser, where):
    bob = browser(cast.bob)
    assert '<option value="member" selected>Member' in bob.get(where(cast.carol)).content.decode()
    page = bob.post(where(cast.carol), {"role": "admin"}, follow=True)
    assert "Carol is admin now." in page.content.decode()
    assert cast.acme.role_of(cast.carol) == Role.ADMIN


def test_only_owners_make_owners_and_change_them(cast, browser, where):
    bob = browser(cast.bob)
    assert bob.post(where(cast.carol), {"role": "owner"}).context["form"].errors.keys() == {"role"}
    assert bob.get(where(cast.alice)).status_code == bob.post(where(cast.alice), {"role": "viewer"}).status_code == 403
    assert [cast.acme.role_of(person) for person in (cast.alice, cast.carol)] == [Role.OWNER, Role.MEMBER]
    browser(cast.alice).post(where(cast.carol), {"role": "owner"})
    assert cast.acme.role_of(cast.carol) == Role.OWNER


def test_the_last_owner_stays_one(cast, browser, where):
    alice = browser(cast.alice)
    page = alice.post(where(cast.alice), {"role": "member"})
    assert "always keeps an owner" in page.content.decode()
    assert cast.acme.role_of(cast.alice) == Role.OWNER
    alice.post(where(cast.bob), {"role": "owner"})
    alice.post(where(cast.alice), {"role": "member"})
    assert cast.acme.role_of(cast.alice) == Role.MEMBER


@pytest.mark.parametrize("role", ["", "king", "OWNER"])
def test_an_unknown_role_is_refused(cast, browser, where, role):
    page = browser(cast.alice).post(where(cast.carol), {"role": role})
    assert page.context["form"].errors.keys() == {"role"}
    assert cast.acme.role_of(cast.carol) == Role.MEMBER


def test_nobody_raises_themselves(cast, browser, where):
    assert browser(cast.carol).post(where(cast.carol), {"role": "admin"}).status_code == 403
    assert browser(cast.bob).post(where(cast.bob), {"role": "owner"}).context["form"].errors.keys() == {"role"}
    assert [cast.acme.role_of(person) for person in (cast.bob, cast.carol)] == [Role.ADMIN, Role.MEMBER]


def test_the_membership_of_another_organization_is_not_found(cast, browser):
    of_mallory = cast.elsewhere.memberships.get()
    assert browser(cast.alice).post(f"/orgs/acme/members/{of_mallory.pk}/", {"role": "viewer"}).status_code == 404
    assert cast.elsewhere.role_of(cast.mallory) == Role.OWNER


def test_who_became_an_owner_meanwhile_stays_one(cast, browser, where, meanwhile):
    bob, page = browser(cast.bob), where(cast.carol)
    promote = cast.acme.memberships.filter(user=cast.carol).update
    with meanwhile(lambda: promote(role=Role.OWNER), before="SAVEPOINT"):
        answer = bob.post(page, {"role": "viewer"})
    assert "Somebody else has just changed this role" in answer.content.decode()
    assert cast.acme.role_of(cast.carol) == Role.OWNER
    assert bob.post(page, {"role": "viewer"}).status_code == 403


def test_who_left_meanwhile_is_not_found(cast, browser, where, meanwhile):
    bob, page = browser(cast.bob), where(cast.carol)
    with meanwhile(cast.acme.memberships.filter(user=cast.carol).delete, before="SAVEPOINT"):
        assert bob.post(page, {"role": "viewer"}).status_code == 404


def test_who_has_lost_their_own_role_meanwhile_gives_none(cast, browser, where, meanwhile):
    bob, page = browser(cast.bob), where(cast.carol)
    demote = cast.acme.memberships.filter(user=cast.bob).update
    with meanwhile(lambda: demote(role=Role.MEMBER), before="SAVEPOINT"):
        answer = bob.post(page, {"role": "admin"})
    assert "Your own role has just been changed" in answer.content.decode()
    assert cast.acme.role_of(cast.carol) == Role.MEMBER
    assert bob.post(page, {"role": "admin"}).status_code == 403


def test_who_is_no_owner_any_more_does_not_make_themselves_one_again(cast, browser, where, meanwhile):
    cast.acme.memberships.filter(user=cast.bob).update(role=Role.OWNER)
    alice, page = browser(cast.alice), where(cast.alice)
    demote = cast.acme.memberships.filter(user=cast.alice).update
    with meanwhile(lambda: demote(role=Role.MEMBER), before='SELECT "orgs_membership"'):
        answer = alice.post(page, {"role": "owner"})
    assert "Your own role has just been changed" in answer.content.decode()
    assert cast.acme.role_of(cast.alice) == Role.MEMBER
