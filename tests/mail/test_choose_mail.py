"""The mail part of one's profile."""

import pytest

from accounts.models import User
from mail import preferences
from mail.models import Suppression
from tests.kinds.mail import FLEETING, LETTER, NOTICE

pytestmark = pytest.mark.django_db

SAVE = "/profile/e-mails/"
CONFIRM = "/profile/e-mails/confirm/"


@pytest.fixture
def carol(client, cast):
    client.force_login(cast.carol)
    return cast.carol


def test_it_works(client, carol):
    page = client.get("/profile/").content.decode()
    assert "When somebody writes a letter" in page
    assert FLEETING.description not in page

    answer = client.post(SAVE, {"mail-notice": "on"}, follow=True)
    assert "Your choice of e-mails is saved." in answer.content.decode()
    assert (preferences.wants(carol, LETTER), preferences.wants(carol, NOTICE)) == (False, True)

    client.post(SAVE, {"mail-notice": "on", "mail-letter": "on"})
    assert preferences.wants(carol, LETTER)


def test_the_page_shows_what_is_chosen(client, carol):
    preferences.opt_out(carol, LETTER)
    form = client.get("/profile/").context["mail_preferences"]
    assert {field.name: field.initial for field in form} | {"letter": False, "notice": True} == {
        field.name: field.initial for field in form
    }


def test_a_choice_is_one_s_own(client, carol, cast):
    client.post(SAVE, {"user": cast.dave.pk})
    assert preferences.wants(cast.dave, LETTER)


def test_who_wants_it_is_one_query(cast, django_assert_num_queries):
    preferences.opt_out(cast.carol, LETTER)
    with django_assert_num_queries(1):
        wanting = set(preferences.wanting(User.objects.all(), LETTER))
    assert wanting == {cast.alice, cast.bob, cast.dave, cast.mallory}
    preferences.opt_out(cast.carol, FLEETING)  # as a link of old could say, from when it was optional
    assert cast.carol in preferences.wanting(User.objects.all(), FLEETING)
    assert preferences.wants(cast.carol, FLEETING)


def test_an_address_that_was_refused_is_told_and_confirmed(client, carol):
    assert "was refused" not in client.get("/profile/").content.decode()
    Suppression.objects.add_address("Carol@acme.test", "550 5.1.1 no such user")
    Suppression.objects.add_address("dave@acme.test", "550 5.1.1 no such user")
    page = client.get("/profile/").content.decode()
    assert "550 5.1.1 no such user" in page

    answer = client.post(CONFIRM, follow=True)
    assert "E-mails go to carol@acme.test again." in answer.content.decode()
    assert [suppression.address for suppression in Suppression.objects.all()] == ["dave@acme.test"]


@pytest.mark.parametrize("path", [SAVE, CONFIRM])
def test_only_by_post_and_signed_in(client, carol, path):
    assert client.get(path).status_code == 405
    client.logout()
    assert client.post(path).headers["Location"] == f"/accounts/login/?next={path}"
