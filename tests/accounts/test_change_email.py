import re

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import PASSWORD, make_user

CHANGE = "/accounts/email/"
NEW = "alice@new.test"


@pytest.fixture
def alice(client, cast):
    client.force_login(cast.alice)
    return cast.alice


def ask_for(client, email=NEW):
    """Send the form; the password is asked for in between."""
    answer = client.post(CHANGE, {"email": email, "action_add": ""})
    if answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]:
        answer = client.post(answer.headers["Location"], {"password": PASSWORD})
    return answer


def confirm(client, mail):
    link = re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", mail.body)[1]
    assert client.get(link).status_code == 200
    return client.post(link, follow=True, headers={"Accept": "text/html"})


def test_it_works(client, alice, mailoutbox):
    ask_for(client)
    alice.refresh_from_db()
    assert alice.email == "alice@acme.test"  # until the new one is confirmed
    assert mailoutbox[0].to == [NEW]
    assert "Waiting for alice@new.test" in client.get(CHANGE).content.decode()

    confirm(client, mailoutbox[0])
    alice.refresh_from_db()
    assert alice.email == NEW
    assert (mailoutbox[1].to, mailoutbox[1].subject) == (["alice@acme.test"], "Your Roost e-mail address was changed")


def test_it_asks_for_the_password(client, alice, mailoutbox):
    answer = client.post(CHANGE, {"email": NEW, "action_add": ""})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    answer = client.post(answer.headers["Location"], {"password": "wrong"})
    assert "not your password" in answer.context["form"].errors["password"].as_text()
    assert not mailoutbox


def test_a_change_can_be_cancelled(client, alice, mailoutbox):
    ask_for(client)
    client.post(CHANGE, {"email": NEW, "action_remove": ""})
    assert "Waiting" not in client.get(CHANGE).content.decode()


def test_an_address_that_meanwhile_belongs_to_another_is_refused(client, alice, mailoutbox):
    ask_for(client)
    other = User(email=NEW)  # signed up, has not confirmed yet
    other.set_unusable_password()
    other.save()
    assert "belongs to another account" in confirm(client, mailoutbox[0]).content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@acme.test"


def test_it_does_not_tell_whose_addresses_exist(client, alice, mailoutbox):
    make_user("Zoe", email="zoe@acme.test")
    ask_for(client, "zoe@acme.test")
    assert "Waiting for zoe@acme.test" in client.get(CHANGE).content.decode()


def test_strangers_sign_in_first(cast):
    assert Client().get(CHANGE).headers["Location"].startswith("/accounts/login/")
