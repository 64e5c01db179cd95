import pytest
from django.test import Client

from tests.cast import PASSWORD

CHANGE = "/accounts/password/change/"
NEW = "quiet harbor lantern"


@pytest.fixture
def alice(client, cast):
    client.force_login(cast.alice)
    return cast.alice


def change(client, old=PASSWORD, new=NEW, again=None):
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again or new})


def test_it_works(client, alice, mailoutbox):
    assert change(client).headers["Location"] == "/profile/"
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert client.get("/profile/").status_code == 200  # still signed in
    assert (mailoutbox[0].to, mailoutbox[0].subject) == (["alice@acme.test"], "Your Roost password was changed")
    assert "127.0.0.1" in mailoutbox[0].body


def test_it_ends_the_other_sessions(client, alice):
    other = Client()
    other.force_login(alice)
    change(client)
    assert other.get("/profile/").status_code == 302


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"old": "wrong"}, "oldpassword", "not your current password"),
        ({"new": "short"}, "password1", "too short"),
        ({"new": "alice@acme.test"}, "password1", "too similar to the e-mail address"),
        ({"new": "password1234"}, "password1", "too common"),
        ({"again": "another harbor lantern"}, "password2", "same password"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, alice, sent, field, words):
    answer = change(client, **sent)
    assert words in answer.context["form"].errors[field].as_text()
    assert f'id="id_{field}_error"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_strangers_sign_in_first(client, cast):
    assert change(client).headers["Location"].startswith("/accounts/login/")
