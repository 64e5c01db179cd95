"""Sending an invitation again, and taking it back."""

import pytest

from mail.models import Email
from orgs.models import Invitation, Role
from orgs.models.invitation import SENDINGS, is_still_wanted
from tests.cast import make_user
from tests.orgs.invitations import INVITE, MEMBERS, later, where

# ---- sending it again


def test_it_is_sent_again_with_a_new_link(cast, bob, invitation):
    assert "Send again" not in bob.get(MEMBERS).content.decode()
    page = bob.post(where(invitation, "resend"), follow=True)
    assert "It was sent just now." in page.content.decode()
    later(invitation, minutes=6)
    assert "Send again" in bob.get(MEMBERS).content.decode()
    page = bob.post(where(invitation, "resend"), follow=True)
    assert "erin@acme.test is invited again." in page.content.decode()
    again = Invitation.objects.get()
    assert (again.sendings, again.secret_hash != invitation.secret_hash) == (2, True)
    first, second = Email.objects.order_by("pk")
    assert (is_still_wanted(first), is_still_wanted(second)) == (False, True)


def test_an_expired_one_works_again(bob, invitation):
    later(invitation, days=8)
    assert "Expired" in bob.get(MEMBERS).content.decode()
    assert not is_still_wanted(Email.objects.get())
    bob.post(where(invitation, "resend"))
    assert Invitation.objects.get().is_open


def test_there_is_an_end_to_sending_it(bob, invitation):
    Invitation.objects.update(sendings=SENDINGS)
    later(invitation, days=1)
    assert "Send again" not in bob.get(MEMBERS).content.decode()
    page = bob.post(where(invitation, "resend"), follow=True)
    assert "Revoke it to start afresh." in page.content.decode()
    assert Email.objects.count() == 1


# ---- taking it back


def test_it_is_revoked(bob, invitation):
    page = bob.post(where(invitation, "revoke"), follow=True)
    assert "The invitation of erin@acme.test is revoked." in page.content.decode()
    assert page.context["invitations"] == []
    assert not is_still_wanted(Email.objects.get())
    assert bob.post(where(invitation, "revoke")).status_code == 404
    assert bob.post(where(invitation, "resend")).status_code == 404
    bob.post(INVITE, {"email": "erin@acme.test", "role": "viewer"})
    assert Invitation.objects.not_ended().get().role == Role.VIEWER


@pytest.mark.parametrize("verb", ["resend", "revoke"])
def test_what_was_used_meanwhile_stays_used(bob, invitation, meanwhile, verb):
    later(invitation, minutes=6)
    erin = make_user("Erin")
    with meanwhile(lambda: Invitation.objects.get().accept(erin), before="SAVEPOINT"):
        page = bob.post(where(invitation, verb), follow=True)
    assert "has just been used or changed" in page.content.decode()
    assert Invitation.objects.get().state == "accepted"


def test_a_withdrawn_one_is_not_mailed(cast, invitation, settings):
    invitation.revoke(cast.bob)
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    email = Email.objects.claim(Email.objects.get().pk)
    assert email._why_not()
