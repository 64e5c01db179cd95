import re

import pytest
from allauth.core.context import request_context
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import connection
from django.http import HttpResponse

from accounts.forms import SignupForm
from accounts.models import User
from tests.cast import PASSWORD

SIGN_UP = "/accounts/signup/"


@pytest.fixture
def open_registration(settings, cast):
    settings.OPEN_REGISTRATION = True


def sign_up(client, **fields):
    data = {"name": "Zoe Zander", "email": "Zoe@Acme.test", "password1": "quiet harbor lantern", **fields}
    return client.post(SIGN_UP, data)


@pytest.mark.usefixtures("open_registration")
def test_it_works(client, mailoutbox):
    assert sign_up(client).headers["Location"] == "/accounts/confirm-email/"
    zoe = User.objects.get(email="zoe@acme.test")
    assert (zoe.name, zoe.is_staff, zoe.is_superuser) == ("Zoe Zander", False, False)
    assert zoe.check_password("quiet harbor lantern")
    assert "_auth_user_id" not in client.session  # the address comes first

    assert mailoutbox[0].to == ["zoe@acme.test"]
    link = re.search(r"http://localhost:8000(/accounts/confirm-email/\S+)", mailoutbox[0].body)[1]
    client.post(link)
    assert client.session["_auth_user_id"] == str(zoe.pk)


def test_it_is_by_invitation_only_by_default(client, cast, mailoutbox):
    assert "By invitation only" in client.get(SIGN_UP).content.decode()
    assert "By invitation only" in sign_up(client).content.decode()
    assert not User.objects.filter(email="zoe@acme.test").exists()
    assert not mailoutbox


def test_the_sign_in_page_offers_it_only_where_it_is_open(client, cast, settings):
    assert SIGN_UP not in client.get("/accounts/login/").content.decode()
    settings.OPEN_REGISTRATION = True
    assert SIGN_UP in client.get("/accounts/login/").content.decode()


@pytest.mark.usefixtures("open_registration")
def test_who_has_not_confirmed_cannot_sign_in(client, mailoutbox):
    sign_up(client)
    answer = client.post("/accounts/login/", {"login": "zoe@acme.test", "password": "quiet harbor lantern"})
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("open_registration")
def test_an_address_that_has_an_account_gets_the_same_answer_and_another_mail(client, mailoutbox):
    assert sign_up(client, email="alice@acme.test").headers["Location"] == "/accounts/confirm-email/"
    assert mailoutbox[0].subject == "You already have a Roost account"
    assert User.objects.get(email="alice@acme.test").check_password(PASSWORD)


@pytest.mark.usefixtures("open_registration")
@pytest.mark.parametrize("email", ["carol@acme.test", "zoe@acme.test"])
def test_the_clock_tells_nobody_who_has_an_account(client, monkeypatch, email):
    """A password is hashed once in either case, which takes a third of a second, and not while others wait to write."""
    hashed, encode = [], MD5PasswordHasher.encode

    def note(self, password, salt):
        hashed.append((password, len(connection.savepoint_ids)))
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", note)
    assert sign_up(client, email=email).headers["Location"] == "/accounts/confirm-email/"
    assert hashed == [("quiet harbor lantern", 0)]


@pytest.mark.usefixtures("open_registration")
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "required"),
        ("name", "Zoe\x07", "control characters"),
        ("name", "Zoe \u202egnp.exe", "control characters"),
        ("name", "z" * 101, "at most 100"),
        ("email", "zoe", "valid email"),
        ("email", "zoe@acme.test\nBcc: all@acme.test", "valid email"),
        ("password1", "zoezoe", "too short"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, field, value, words):
    answer = sign_up(client, **{field: value})
    assert words in answer.context["form"].errors[field].as_text()
    assert User.objects.filter(name__startswith="Zoe").count() == 0


@pytest.mark.usefixtures("open_registration")
def test_names_are_put_on_one_line(client):
    sign_up(client, name="  Zoe\n\tZander  ")
    assert User.objects.get(email="zoe@acme.test").name == "Zoe Zander"


@pytest.mark.usefixtures("open_registration")
def test_two_clicks_at_once_make_one_account(rf, mailoutbox):
    """Both requests find the address free before either has saved."""
    request = rf.post(SIGN_UP)
    for middleware in (SessionMiddleware, AuthenticationMiddleware, MessageMiddleware):
        middleware(HttpResponse).process_request(request)
    data = {"name": "Zoe", "email": "zoe@acme.test", "password1": "quiet harbor lantern"}
    first, second = SignupForm(data), SignupForm(data)
    with request_context(request):
        assert first.is_valid()
        assert second.is_valid()
        zoe, _ = first.try_save(request)
        nobody, answer = second.try_save(request)
    assert (User.objects.get(email="zoe@acme.test"), nobody) == (zoe, None)
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert mailoutbox[0].subject == "You already have a Roost account"
