"""An invitation stands and falls with who sent it."""

import pytest

from mail.models import Email
from orgs.models import AuditEntry, Invitation, Role
from orgs.models.invitation import is_still_wanted
from tests.orgs.invitations import MEMBERS, later, state, where


@pytest.mark.parametrize("how", ["removed", "demoted", "left"])
def test_it_is_revoked_with_the_right_to_invite(cast, invitation, how):
    mine = cast.acme.memberships.get(user=cast.bob)
    kept = Invitation.send(cast.acme, "frank@acme.test", Role.MEMBER, cast.alice)
    if how == "demoted":
        mine.change_role(Role.MEMBER, by=cast.alice)
    else:
        mine.remove(by=cast.alice if how == "removed" else cast.bob)
    assert (state(invitation), state(kept)) == ("revoked", "open")
    entry = AuditEntry.objects.get(action="revoked invitation")
    assert (entry.target, entry.actor) == ("erin@acme.test", cast.bob if how == "left" else cast.alice)
    assert not is_still_wanted(Email.objects.filter(recipient="erin@acme.test").get())
    assert not Invitation.objects.not_ended().filter(pk=invitation.pk).exists()


def test_an_invited_owner_needs_an_owner_to_vouch(cast):
    owner = Invitation.send(cast.acme, "erin@acme.test", Role.OWNER, cast.alice)
    admin = Invitation.send(cast.acme, "frank@acme.test", Role.ADMIN, cast.alice)
    alice, bob = (cast.acme.memberships.get(user=user) for user in (cast.alice, cast.bob))
    alice.hand_over(bob, by=cast.alice)
    assert (state(owner), state(admin)) == ("revoked", "open")


def test_who_removes_somebody_is_told_of_their_invitations(cast, browser, invitation):
    mine = cast.acme.memberships.get(user=cast.bob)
    page = browser(cast.alice).get(f"{MEMBERS}{mine.pk}/remove/").content.decode()
    assert "Invitations of theirs that nobody has accepted yet are revoked: 1." in page
    assert "Invitations of yours that nobody has accepted yet are revoked: 1." in (
        browser(cast.bob).get("/orgs/acme/members/leave/").content.decode()
    )


@pytest.mark.parametrize("how", ["switched off", "deleted"])
def test_one_whose_sender_is_gone_is_shown_as_that_until_another_vouches(cast, browser, invitation, how):
    if how == "deleted":
        cast.bob.delete()
    else:
        cast.bob.is_active = False
        cast.bob.save()
    assert state(invitation) == "withdrawn"
    alice = browser(cast.alice)
    assert "No longer valid" in alice.get(MEMBERS).content.decode()
    later(invitation, minutes=6)
    alice.post(where(invitation, "resend"))
    again = Invitation.objects.get()
    assert (again.state, again.invited_by) == ("open", cast.alice)
    assert "No longer valid" not in alice.get(MEMBERS).content.decode()
