import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from tests.cast import PASSWORD

RESET = "/accounts/password/reset/"
NEW = "quiet harbor lantern"


def ask(client, email="alice@acme.test", **extra):
    return client.post(RESET, {"email": email}, follow=True, **extra)


def link_in(mail):
    return re.search(r"http://localhost:8000(/accounts/password/reset/key/\S+)", mail.body)[1]


def choose(client, link, password=NEW):
    """Open the link of the mail, and send the form that it leads to."""
    form = client.get(link).headers["Location"]
    return client.post(form, {"password1": password, "password2": password}, follow=True)


@pytest.fixture
def link(client, cast, mailoutbox):
    ask(client)
    return link_in(mailoutbox[-1])


def test_it_works(client, cast, mailoutbox):
    answer = ask(client)
    assert "Check your e-mail" in answer.content.decode()
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["alice@acme.test"], "Reset your Roost password")

    assert "Your password is changed" in choose(client, link_in(mail)).content.decode()
    cast.alice.refresh_from_db()
    assert cast.alice.check_password(NEW)
    assert mailoutbox[-1].subject == "Your Roost password was changed"


def test_it_ends_every_session(client, cast, mailoutbox):
    thief = Client()
    thief.force_login(cast.alice)
    assert thief.get("/profile/").status_code == 200
    ask(client)
    choose(client, link_in(mailoutbox[0]))
    assert thief.get("/profile/").status_code == 302


def test_the_link_goes_to_the_address_of_the_account_only(client, cast, mailoutbox):
    """Not to one that Alice has asked for, and mistyped: it may be somebody else's."""
    EmailAddress.objects.create(user=cast.alice, email="alice@new.test")
    ask(client, "alice@new.test")
    assert [mail.to for mail in mailoutbox] == [["alice@acme.test"]]


def test_an_unknown_address_gets_the_same_page_and_a_mail_that_explains(client, cast, mailoutbox):
    known, unknown = ask(client), ask(client, "nobody@acme.test")
    assert known.content == unknown.content
    assert mailoutbox[-1].to == ["nobody@acme.test"]
    assert mailoutbox[-1].subject == "You have no Roost account with this address"
    assert "signup" not in mailoutbox[-1].body  # registration is closed


def test_a_link_works_once(client, link):
    choose(client, link)
    assert "This link is not valid" in client.get(link).content.decode()


def test_a_link_is_valid_for_four_hours(client, cast, mailoutbox, time_machine):
    time_machine.move_to("2026-11-20T12:00Z", tick=False)
    ask(client)
    link = link_in(mailoutbox[0])
    time_machine.move_to("2026-11-20T16:00Z", tick=False)
    assert client.get(link).status_code == 302
    time_machine.move_to("2026-11-20T16:00:01Z", tick=False)
    assert "This link is not valid" in client.get(link).content.decode()


def test_a_link_leads_to_the_public_address_whatever_the_request_claims(client, cast, mailoutbox, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://roost.example"
    ask(client, headers={"host": "evil.test"})
    assert "https://roost.example/accounts/password/reset/key/" in mailoutbox[0].body
    assert "evil.test" not in mailoutbox[0].body


def test_a_weak_password_is_an_error_of_the_form(client, cast, link):
    answer = choose(client, link, "alice")
    assert "too short" in answer.context["form"].errors["password1"].as_text()
    cast.alice.refresh_from_db()
    assert cast.alice.check_password(PASSWORD)


@pytest.mark.parametrize("email", ["alice@acme.test", "nobody@acme.test"])
def test_five_mails_an_hour_to_one_address_are_enough(client, cast, mailoutbox, time_machine, email):
    """Whoever asks need not be whoever gets them."""
    time_machine.move_to("2026-11-20T12:00Z", tick=False)
    for _ in range(5):
        assert ask(client, email).status_code == 200
    time_machine.move_to("2026-11-20T12:59Z", tick=False)
    refused = ask(client, email)
    assert refused.status_code == 429
    assert "at the latest in an hour" in refused.content.decode()
    assert len(mailoutbox) == 5
    time_machine.move_to("2026-11-20T13:01Z", tick=False)
    assert ask(client, email).status_code == 200


def test_it_unlocks_who_was_locked_out(client, cast, link):
    for _ in range(6):
        client.post("/accounts/login/", {"login": "alice@acme.test", "password": "wrong"})
    choose(client, link)
    response = client.post("/accounts/login/", {"login": "alice@acme.test", "password": NEW})
    assert response.status_code == 302
