"""The page behind the link of an invitation: who joins with it, as whom, and how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from mail.models import Email
from orgs.models import AuditEntry, Invitation, Membership, Role
from orgs.models.invitation import Closed
from realtime.models import Event
from tests.cast import PASSWORD, make_user

NEW = {"name": "Erin", "password1": "correct harbor lantern", "time_zone": "Europe/Berlin"}


@pytest.fixture
def invite(cast):
    """invite(email) is an Invitation to Acme, and the address of its page."""

    def send(email="erin@acme.test", role=Role.MEMBER):
        invitation = Invitation.send(cast.acme, email, role, cast.bob)
        return invitation, link_of(invitation)

    return send


def link_of(invitation):
    text = Email.objects.get(key=invitation.mail_key).text
    return "/invitations/accept/" + text.partition("/invitations/accept/")[2].split()[0]


@pytest.fixture
def nobody(db):
    return Client(headers={"accept": "text/html"})


# ---- somebody new


def test_it_works(cast, invite, nobody):
    invitation, link = invite(role=Role.ADMIN)
    page = nobody.get(link).content.decode()
    assert "Bob invites you to Acme." in page
    assert 'value="erin@acme.test"' in page
    answer = nobody.post(link, NEW, follow=True)
    assert answer.redirect_chain == [("/orgs/acme/tasks/", 302)]
    assert "Welcome to Acme, Erin." in answer.content.decode()
    erin = User.objects.get(email="erin@acme.test")
    assert (erin.name, erin.time_zone, erin.check_password(NEW["password1"])) == ("Erin", "Europe/Berlin", True)
    assert (erin.is_staff, erin.emailaddress_set.get().verified) == (False, True)
    assert cast.acme.role_of(erin) == Role.ADMIN
    invitation.refresh_from_db()
    assert (invitation.state, invitation.accepted_by) == ("accepted", erin)


def test_opening_it_changes_nothing(cast, invite, nobody, browser):
    _, link = invite(cast.dave.email.replace("dave", "erin"))
    erin = make_user("Erin", email="someone@else.test")
    for client in (nobody, browser(erin)):
        for method in (client.get, client.head):
            assert method(link).status_code == 200
    assert Invitation.objects.get().is_open
    assert cast.acme.memberships.count() == 4
    assert nobody.get(link).headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_nobody_chooses_another_address(invite, nobody):
    _, link = invite()
    nobody.post(link, {**NEW, "email": "root@acme.test", "role": "owner", "is_staff": "1"})
    erin = User.objects.get(name="Erin")
    assert (erin.email, erin.is_staff, erin.memberships.get().role) == ("erin@acme.test", False, Role.MEMBER)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\u202eb"),
        ("password1", "short"),
        ("password1", "erin@acme.test"),
        ("time_zone", "Mars"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(cast, invite, nobody, field, value):
    _, link = invite()
    page = nobody.post(link, {**NEW, field: value})
    assert page.context["form"].errors.keys() == {field}
    assert Invitation.objects.get().is_open
    assert not User.objects.filter(email="erin@acme.test").exists()


def test_registration_need_not_be_open(settings, invite, nobody):
    settings.OPEN_REGISTRATION = False
    assert nobody.post(invite()[1], NEW).status_code == 302


def test_whoever_joined_can_sign_in(invite, nobody):
    nobody.post(invite()[1], NEW)
    form = {"login": "erin@acme.test", "password": NEW["password1"]}
    assert Client().post("/accounts/login/", form).headers["Location"] == "/"


# ---- somebody with an account


def test_who_has_an_account_signs_in_first(cast, invite, nobody):
    erin = make_user("Erin")
    _, link = invite("ERIN@acme.test")
    page = nobody.get(link).content.decode()
    assert "You have an account with erin@acme.test." in page
    assert f'href="/accounts/login/?next={link}"' in page
    assert nobody.post(link, NEW).status_code == 200
    assert cast.acme.role_of(erin) is None
    answer = nobody.post(f"/accounts/login/?next={link}", {"login": erin.email, "password": PASSWORD, "next": link})
    assert answer.headers["Location"] == link
    assert "Join as" not in nobody.get(link).content.decode()
    assert nobody.post(link).headers["Location"] == "/orgs/acme/tasks/"
    assert cast.acme.role_of(erin) == Role.MEMBER


def test_another_account_joins_only_where_that_is_said(cast, invite, browser):
    invitation, link = invite()
    frank = make_user("Frank")
    client = browser(frank)
    page = client.get(link).content.decode()
    for words in ("erin@acme.test", "Join as frank@acme.test", "Sign out and use another account"):
        assert words in page
    client.post(link)
    assert cast.acme.role_of(frank) == Role.MEMBER
    entry = AuditEntry.objects.get(action="joined")
    assert (entry.actor, entry.details["invited_as"]) == (frank, "erin@acme.test")
    invitation.refresh_from_db()
    assert invitation.accepted_by == frank


def test_signing_out_leads_back(invite, browser):
    _, link = invite()
    client = browser(make_user("Frank"))
    answer = client.post("/accounts/logout/", {"next": link})
    assert answer.headers["Location"] == link
    assert "Create account and join" in client.get(link).content.decode()


def test_a_member_keeps_their_role(cast, invite, browser):
    _, link = invite(role=Role.VIEWER)
    alice = browser(cast.alice)
    assert "You are a member of Acme" in alice.get(link).content.decode()
    page = alice.post(link, follow=True)
    assert "You are a member of Acme already." in page.content.decode()
    assert cast.acme.role_of(cast.alice) == Role.OWNER


# ---- links that do not work


@pytest.mark.parametrize("how", ["removed", "switched off", "deleted"])
def test_one_whose_sender_may_no_longer_invite(cast, invite, nobody, browser, how):
    """Also where the page was open before."""
    _, link = invite()
    assert nobody.get(link).status_code == 200
    if how == "removed":
        cast.acme.memberships.get(user=cast.bob).remove(by=cast.alice)
    elif how == "deleted":
        cast.bob.delete()
    else:
        User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    frank = make_user("Frank")
    for client in (nobody, browser(frank)):
        for answer in (client.get(link), client.post(link, NEW)):
            assert answer.status_code == 410
            words = "revoked" if how == "removed" else "can no longer invite people to Acme"
            assert words in answer.content.decode()
    assert not User.objects.filter(email="erin@acme.test").exists()
    assert cast.acme.role_of(frank) is None


def test_at_the_last_moment_too(cast, invite):
    """The page has looked, and then the right to invite is lost."""
    invitation, _ = invite()
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    with pytest.raises(Closed):
        invitation.accept(make_user("Frank"))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"revoked_at": timezone.now()}, "This invitation was revoked"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "This invitation has expired"),
        ({"accepted_at": timezone.now()}, "This invitation has been used"),
    ],
)
def test_one_that_is_over_says_why(cast, invite, nobody, browser, column, words):
    invitation, link = invite()
    Invitation.objects.filter(pk=invitation.pk).update(**column)
    for client in (nobody, browser(make_user("Frank")), browser(cast.carol)):
        for answer in (client.get(link), client.post(link, NEW)):
            assert answer.status_code == 410
            assert words in answer.content.decode()
    assert cast.acme.memberships.count() == 4
    assert 'href="/orgs/acme/tasks/">Open Acme' in browser(cast.carol).get(link).content.decode()


def test_a_wrong_secret_and_an_unknown_one_are_told_alike(cast, invite, nobody):
    invitation, link = invite()
    wrong = [link[:-2] + ("x/" if link[-2] != "x" else "y/"), f"/invitations/accept/{invitation.pk + 1}/secret/"]
    wrong.append(f"/invitations/accept/{10**30}/secret/")
    pages = [nobody.get(address) for address in wrong]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert "Acme" not in pages[0].content.decode()
    assert nobody.post(wrong[0], NEW).status_code == 404


def test_the_link_before_the_last_one_no_longer_works(cast, invite, nobody):
    invitation, old = invite()
    Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    invitation.refresh_from_db()
    invitation.resend(cast.bob)
    assert nobody.get(old).status_code == 404
    assert nobody.get(link_of(invitation)).status_code == 200


def test_it_works_once(cast, invite, nobody):
    _, link = invite()
    nobody.post(link, NEW)
    assert Client().post(link, {**NEW, "name": "Eve"}).status_code == 410
    assert cast.acme.memberships.count() == 5


# ---- at the same moment


def test_what_was_revoked_meanwhile_is_not_accepted(cast, invite, nobody, meanwhile):
    invitation, link = invite()
    with meanwhile(lambda: invitation.revoke(cast.bob), before="SAVEPOINT"):
        page = nobody.post(link, NEW)
    assert (page.status_code, "This invitation was revoked" in page.content.decode()) == (410, True)
    assert not User.objects.filter(email="erin@acme.test").exists()


def test_an_account_that_was_made_meanwhile_is_signed_in_to(invite, nobody, meanwhile):
    _, link = invite()
    with meanwhile(lambda: make_user("Erin"), before="SAVEPOINT"):
        answer = nobody.post(link, NEW)
    assert answer.headers["Location"] == link
    assert Invitation.objects.get().is_open
    assert "You have an account" in nobody.get(link).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_acceptances_one_counts(cast, invite):
    invitation, _ = invite()
    people, together = [make_user("Frank"), make_user("Grace")], Barrier(3)

    def accept(person):
        mine = Invitation.objects.get(pk=invitation.pk)
        together.wait(10)
        try:
            return mine.accept(person) if person else bool(mine.accept_as_new_person(PASSWORD, name="Eve"))
        except Closed:
            return "too late"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(accept, [*people, None]))
    assert (answers.count(True), answers.count("too late")) == (1, 2)
    assert Membership.objects.filter(organization=cast.acme).count() == 5


def test_it_is_written_down_and_told(cast, invite, nobody):
    nobody.post(invite()[1], NEW)
    erin = User.objects.get(name="Erin")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.action, entry.target, entry.organization) == (
        erin,
        "joined",
        "Erin <erin@acme.test>",
        cast.acme,
    )
    event = Event.objects.latest("pk")
    assert (event.kind, event.organization_id, event.actor_id, event.payload) == (
        "member.changed",
        cast.acme.pk,
        erin.pk,
        {"user": erin.pk},
    )
