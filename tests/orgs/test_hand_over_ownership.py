"""An owner makes somebody else owner and steps down, in one step."""

import pytest
from django.core.exceptions import ValidationError

from orgs.models import AuditEntry, Membership, Role
from realtime.models import Event


@pytest.fixture
def where(cast):
    def page_of(person):
        return f"/orgs/acme/members/{Membership.objects.get(user=person).pk}/hand-over/"

    return page_of


def test_it_works(cast, browser, where):
    alice, page = browser(cast.alice), where(cast.carol)
    assert f'href="{page}"' in alice.get(page.replace("hand-over/", "")).content.decode()
    assert "Transfer ownership to Carol?" in alice.get(page).content.decode()
    assert cast.acme.role_of(cast.carol) == Role.MEMBER
    answer = alice.post(page, follow=True)
    assert "Carol is owner now, and you are admin." in answer.content.decode()
    assert [cast.acme.role_of(person) for person in (cast.alice, cast.carol)] == [Role.ADMIN, Role.OWNER]
    assert alice.post(page).status_code == 403
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (
        cast.alice,
        "transferred ownership",
        "Carol <carol@acme.test>",
    )
    assert Event.objects.get().payload == {"user": cast.carol.pk}


def test_only_owners_may(cast, browser, where):
    for person, status in ((cast.bob, 403), (cast.carol, 403), (cast.mallory, 404)):
        assert browser(person).post(where(cast.carol)).status_code == status
    assert "Transfer ownership" not in browser(cast.bob).get(where(cast.carol)[:-10]).content.decode()
    assert cast.acme.role_of(cast.carol) == Role.MEMBER


def test_nobody_hands_over_to_themselves_or_to_strangers(cast, browser, where):
    alice = browser(cast.alice)
    assert alice.post(where(cast.alice)).status_code == 404
    assert alice.post(where(cast.mallory)).status_code == 404
    assert cast.acme.role_of(cast.alice) == Role.OWNER


def test_who_left_meanwhile_becomes_nothing(cast, browser, where, meanwhile):
    alice, page = browser(cast.alice), where(cast.carol)
    with meanwhile(cast.acme.memberships.filter(user=cast.carol).delete, before="SAVEPOINT"):
        assert alice.post(page).status_code == 404
    assert cast.acme.role_of(cast.alice) == Role.OWNER


def test_who_is_no_longer_owner_hands_over_nothing(cast, browser, where, meanwhile):
    alice, page = browser(cast.alice), where(cast.carol)
    demote = cast.acme.memberships.filter(user=cast.alice).update
    with meanwhile(lambda: demote(role=Role.MEMBER), before="SAVEPOINT"):
        answer = alice.post(page)
    assert "Somebody else has just changed this role" in answer.content.decode()
    assert cast.acme.role_of(cast.carol) == Role.MEMBER


def test_who_was_demoted_as_the_request_came_hands_over_nothing(cast):
    for person in (cast.bob, cast.carol):
        membership = cast.acme.memberships.get(user=person)
        with pytest.raises(ValidationError, match="Somebody else has just changed this role"):
            membership.hand_over(cast.acme.memberships.get(user=cast.dave), by=person)
    assert cast.acme.role_of(cast.dave) == Role.VIEWER
