"""Inviting somebody by e-mail: who may, how many, and what is told of it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from mail.models import Email
from orgs.models import AuditEntry, Invitation, Role
from orgs.models.invitation import DAY_LIMIT, OPEN_LIMIT, Closed, digest
from orgs.tasks import forget_invitations
from tests.cast import make_org, make_user
from tests.orgs.invitations import INVITE, MEMBERS, later, where


def test_it_works(cast, bob, settings):
    settings.PUBLIC_URL = "https://roost.test"
    page = bob.post(INVITE, {"email": "Erin@ACME.test", "role": "admin"}, follow=True)
    assert page.redirect_chain == [(MEMBERS, 302)]
    assert "erin@acme.test is invited." in page.content.decode()
    invitation, email = Invitation.objects.get(), Email.objects.get()
    assert (invitation.email, invitation.role, invitation.invited_by) == ("erin@acme.test", Role.ADMIN, cast.bob)
    assert (email.recipient, email.subject) == ("erin@acme.test", "Bob invites you to Acme")
    link = f"https://roost.test/invitations/accept/{invitation.pk}/"
    secret = email.text.partition(link)[2].partition("/")[0]
    assert digest(secret) == invitation.secret_hash
    assert f'href="{link}{secret}/"' in email.html
    for body in email.text, email.html:
        assert "as an admin" in body
    assert "erin@acme.test" in [invitation.email for invitation in page.context["invitations"]]
    assert cast.acme.memberships.count() == 4


def test_the_secret_is_kept_nowhere_but_in_the_mail(invitation):
    email = Email.objects.get()
    secret = email.text.partition("/accept/")[2].split("/")[1]
    assert len(secret) >= 43
    columns = " ".join(str(value) for value in Invitation.objects.values_list().get())
    assert secret not in columns
    assert not AuditEntry.objects.filter(details__icontains=secret).exists()


def test_who_is_a_member_or_invited_is_not_invited_again(cast, bob, invitation):
    for email, words in (("CAROL@acme.test", "is a member already"), ("Erin@acme.test", "is invited already")):
        page = bob.post(INVITE, {"email": email, "role": "member"})
        assert words in page.context["form"].errors["email"].as_text()
        assert page.context["form"].data["email"] == email
    assert Email.objects.count() == Invitation.objects.count() == 1


def test_other_organizations_may_invite_the_same_person(cast, invitation):
    Invitation.send(cast.elsewhere, invitation.email, Role.VIEWER, cast.mallory)
    assert Invitation.objects.not_ended().count() == 2


def test_only_owners_invite_owners(cast, browser, bob):
    new = {"email": "erin@acme.test", "role": "owner"}
    assert bob.post(INVITE, new).context["form"].errors.keys() == {"role"}
    assert not Invitation.objects.exists()
    browser(cast.alice).post(INVITE, new)
    invitation = Invitation.objects.get()
    for verb in ("resend", "revoke"):
        assert bob.post(where(invitation, verb)).status_code == 403
    assert 'href="/orgs/acme/members/invitations' not in bob.get(MEMBERS).content.decode()
    assert Invitation.objects.get().is_open


@pytest.mark.parametrize(
    ("field", "value"), [("email", ""), ("email", "erin"), ("email", "nul\0@acme.test"), ("role", ""), ("role", "king")]
)
def test_what_is_wrong_is_said_at_its_field(bob, field, value):
    page = bob.post(INVITE, {"email": "erin@acme.test", "role": "member", field: value})
    assert page.context["form"].errors.keys() == {field}
    assert 'aria-invalid="true"' in page.content.decode()
    assert not Invitation.objects.exists()


def test_members_and_strangers_may_not(cast, browser, invitation):
    new = {"email": "frank@acme.test", "role": "member"}
    for person, status in ((cast.carol, 403), (cast.dave, 403), (cast.mallory, 404)):
        client = browser(person)
        assert client.post(INVITE, new).status_code == status
        for verb in ("resend", "revoke"):
            assert client.post(where(invitation, verb)).status_code == status
    assert "erin@acme.test" not in browser(cast.carol).get(MEMBERS).content.decode()
    assert Invitation.objects.get().is_open


def test_the_invitation_of_another_organization_is_not_found(cast, bob):
    other = Invitation.send(cast.elsewhere, "erin@acme.test", Role.MEMBER, cast.mallory)
    assert bob.post(where(other, "revoke")).status_code == 404
    other.refresh_from_db()
    assert other.is_open


def test_there_is_an_end_to_inviting(cast, monkeypatch):
    for number in range(OPEN_LIMIT):
        Invitation.send(cast.acme, f"person-{number}@acme.test", Role.MEMBER, cast.bob)
    with pytest.raises(Exception, match="as many as there may be"):
        Invitation.send(cast.acme, "erin@acme.test", Role.MEMBER, cast.bob)
    cast.acme.invitations.update(revoked_at=timezone.now())
    monkeypatch.setattr("orgs.models.invitation.DAY_LIMIT", OPEN_LIMIT + 1)
    Invitation.send(cast.acme, "erin@acme.test", Role.MEMBER, cast.bob)
    with pytest.raises(Exception, match="go on tomorrow"):
        Invitation.send(cast.acme, "frank@acme.test", Role.MEMBER, cast.bob)
    assert Email.objects.count() == OPEN_LIMIT + 1 < DAY_LIMIT


def test_nobody_writes_to_the_world_by_many_organizations(cast, monkeypatch):
    monkeypatch.setattr("orgs.models.invitation.DAY_LIMIT", 2)
    for number in range(2):
        Invitation.send(make_org(f"Front {number}", owner=cast.mallory), "erin@acme.test", Role.MEMBER, cast.mallory)
    Invitation.send(cast.acme, "erin@acme.test", Role.MEMBER, cast.bob)
    with pytest.raises(Exception, match="go on tomorrow"):
        Invitation.send(cast.elsewhere, "erin@acme.test", Role.MEMBER, cast.mallory)
    assert Email.objects.count() == 3


# ---- what is told of it


def test_it_is_written_down(cast, invitation):
    later(invitation, minutes=6)
    invitation.refresh_from_db()
    invitation.resend(cast.alice)
    invitation.revoke(cast.alice)
    entries = AuditEntry.objects.order_by("pk").values_list("actor_name", "action", "target")
    assert list(entries) == [
        ("Bob <bob@acme.test>", "invited", "erin@acme.test"),
        ("Alice <alice@acme.test>", "resent invitation", "erin@acme.test"),
        ("Alice <alice@acme.test>", "revoked invitation", "erin@acme.test"),
    ]
    with pytest.raises(Closed):
        invitation.revoke(cast.alice)
    assert AuditEntry.objects.count() == 3


def test_without_a_mail_server_that_is_said(cast, bob, settings):
    settings.EMAIL_TRANSPORT = ""
    assert "no mail server yet" in bob.get(MEMBERS).content.decode()
    settings.EMAIL_TRANSPORT = "mail.smtp.EmailBackend"
    assert "no mail server yet" not in bob.get(MEMBERS).content.decode()


@pytest.mark.parametrize(
    ("operates", "transport", "shown"),
    [(True, "", True), (True, "mail.smtp.EmailBackend", False), (False, "", False)],
)
def test_an_operator_without_a_mail_server_brings_the_link(cast, browser, settings, operates, transport, shown):
    cast.alice.is_staff = operates
    cast.alice.save()
    settings.EMAIL_TRANSPORT = transport
    page = browser(cast.alice).post(INVITE, {"email": "erin@acme.test", "role": "member"}, follow=True)
    assert ("/invitations/accept/" in page.content.decode()) is shown
    if shown:
        link = Email.objects.get().text.partition("Join here: ")[2].split()[0]
        assert link in page.content.decode()
    assert "/invitations/accept/" not in browser(cast.alice).get(MEMBERS).content.decode()


def test_old_ones_are_forgotten(cast, invitation):
    young = Invitation.send(cast.acme, "frank@acme.test", Role.MEMBER, cast.bob)
    later(invitation, days=38)
    later(young, days=36)
    forget_invitations()
    assert list(Invitation.objects.all()) == [young]


def test_staff_read_the_mail_without_its_link(cast, browser, invitation):
    cast.alice.is_staff = True
    cast.alice.save()
    email, alice = Email.objects.get(), browser(cast.alice)
    secret = email.text.partition("/accept/")[2].split("/")[1]
    for page in (f"/ops/outbox/{email.pk}/", f"/ops/outbox/{email.pk}/html/"):
        answer = alice.get(page)
        assert answer.status_code == 200
        assert "Join Acme" in answer.content.decode() or "Join here" in answer.content.decode()
        assert secret not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_written(cast):
    together = Barrier(2)

    def invite(_):
        together.wait(10)
        try:
            return Invitation.send(cast.acme, "erin@acme.test", Role.MEMBER, cast.bob)
        except Exception as error:  # noqa: BLE001 (what it is stands in the assertion)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(type(answer).__name__ for answer in pool.map(invite, range(2)))
    assert answers == ["Invitation", "ValidationError"]
    assert Email.objects.count() == Invitation.objects.count() == 1


def test_somebody_in_several_organizations_has_one_invitation_in_each(cast):
    erin = make_user("Erin")
    for organization in (cast.acme, make_org("Beta", owner=cast.alice)):
        Invitation.send(organization, erin.email, Role.MEMBER, cast.alice).accept(erin)
    assert erin.organizations.count() == 2
