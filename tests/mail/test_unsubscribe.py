"""RFC 8058: one click in the mail program, signed out, and nobody else can do it."""

import pytest
from django.core import signing
from django.test import Client

from mail import preferences, unsubscribe
from tests.kinds.mail import FLEETING, LETTER, NOTICE
from tests.mail.letters import send, write

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def program():
    """A mail program: no cookies, no token, no referrer."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def path(cast, settings):
    return unsubscribe.link(cast.carol.pk, LETTER).removeprefix(settings.PUBLIC_URL)


def test_it_works(server, program, cast, settings):
    settings.PUBLIC_URL = "https://roost.example"
    send(write(to=cast.carol.email, user=cast.carol))
    (message,) = server.messages
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message["List-Unsubscribe"].strip().removeprefix("<https://roost.example").removesuffix(">")

    assert "Stop these e-mails" in program.get(link).content.decode()
    assert preferences.wants(cast.carol, LETTER)  # scanners follow links: asking changes nothing

    answer = program.post(link, ONE_CLICK)
    assert (answer.status_code, "You are unsubscribed" in answer.content.decode()) == (200, True)
    assert not preferences.wants(cast.carol, LETTER)
    assert preferences.wants(cast.carol, NOTICE)
    assert preferences.wants(cast.dave, LETTER)


def test_the_form_on_the_page_does_the_same(client, cast, path):
    assert client.get(path).status_code == 200
    client.post(path, ONE_CLICK)
    assert not preferences.wants(cast.carol, LETTER)


def test_a_link_used_again_does_nothing_more(program, cast, path):
    for _ in range(2):
        assert program.post(path, ONE_CLICK).status_code == 200
    preferences.opt_in(cast.carol, LETTER)
    assert program.post(path, ONE_CLICK).status_code == 200
    assert not preferences.wants(cast.carol, LETTER)


@pytest.mark.parametrize("method", ["get", "post"])
def test_links_cannot_be_guessed_or_changed(program, cast, path, method):
    token = path.split("/")[2]
    payload, signature = token.split(":")
    others = unsubscribe.link(cast.dave.pk, LETTER).split("/")[4].split(":")[0]
    forged = [
        f"{others}:{signature}",
        f"{payload}:{signature[:-1]}",
        f"{payload}:",
        payload,
        "x",
        signing.Signer(salt="another purpose").sign_object([cast.carol.pk, LETTER.name]),
        signing.Signer(key="guessed", salt="mail.unsubscribe").sign_object([cast.carol.pk, LETTER.name]),
        signing.Signer(salt="mail.unsubscribe").sign_object([cast.carol.pk, "no such kind"]),
    ]
    for link in forged:
        assert getattr(program, method)(f"/unsubscribe/{link}/").status_code == 404
    assert preferences.wants(cast.carol, LETTER)
    assert preferences.wants(cast.dave, LETTER)


def test_a_link_of_somebody_who_is_gone_harms_nobody(program, cast, path):
    cast.carol.delete()
    assert program.post(path, ONE_CLICK).status_code == 200


def test_what_one_cannot_switch_off_has_no_link(server, cast):
    send(write(kind=FLEETING, user=cast.carol))
    assert "List-Unsubscribe" not in server.messages[0]


def test_without_https_there_is_a_link_but_no_single_click(server, cast):
    send(write(user=cast.carol))
    assert server.messages[0]["List-Unsubscribe"].strip().startswith("<http://localhost:8000/unsubscribe/")
    assert "List-Unsubscribe-Post" not in server.messages[0]
