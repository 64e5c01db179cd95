from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from tests.cast import PASSWORD, make_user

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def no_attempts(db):
    """Rate limits are counted in the cache, which tests with real transactions leave behind."""
    cache.clear()


def sign_in(client, email="alice@acme.test", password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def test_it_works(client, cast):
    assert client.get("/").headers["Location"] == f"{LOGIN}?next=/"
    response = sign_in(client)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(cast.alice.pk)


def test_the_case_of_the_address_does_not_matter(client, cast):
    assert sign_in(client, "Alice@ACME.test").status_code == 302


def test_it_leads_to_where_one_wanted_to_go(client, cast):
    response = client.post(LOGIN, {"login": "alice@acme.test", "password": PASSWORD, "next": "/profile/"})
    assert response.headers["Location"] == "/profile/"


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "javascript:alert(1)"])
def test_it_leads_nowhere_else(client, cast, elsewhere):
    response = client.post(LOGIN, {"login": "alice@acme.test", "password": PASSWORD, "next": elsewhere})
    assert response.headers["Location"] == "/"


def test_no_cache_keeps_what_only_one_person_may_see(client, cast):
    assert "no-store" in client.get("/accounts/login/").headers["Cache-Control"]
    sign_in(client)
    for path in "/profile/", "/orgs/acme/tasks/", "/nowhere/":
        assert client.get(path).headers["Cache-Control"] == "private, no-store"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, cast):
    answers = [sign_in(client, "alice@acme.test", "wrong"), sign_in(client, "nobody@acme.test", "wrong")]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.context["form"].non_field_errors() == ["This e-mail address and password do not belong together."]
    assert "_auth_user_id" not in client.session


def test_who_may_not_sign_in_is_told_so(client, cast):
    cast.alice.is_active = False
    cast.alice.save()
    response = client.post(LOGIN, {"login": "alice@acme.test", "password": PASSWORD}, follow=True)
    assert "This account is not active" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_five_wrong_passwords_lock_the_address_for_a_while(client, cast, time_machine):
    time_machine.move_to("2026-11-20T12:00Z")
    for _ in range(5):
        sign_in(client, password="wrong")
    assert "Too many attempts" in sign_in(client).content.decode()
    assert sign_in(client, "bob@acme.test").status_code == 302  # nobody else is locked out
    client.logout()
    time_machine.shift(301)
    assert sign_in(client).status_code == 302


def test_thirty_attempts_a_minute_from_one_machine_are_enough(client, db):
    make_user("Alice")
    for number in range(30):
        assert sign_in(client, f"person{number}@acme.test", "wrong").status_code == 200
    response = sign_in(client)
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()


def test_a_forged_forwarded_for_header_does_not_help(client, db):
    make_user("Alice")
    answers = [sign_in(client, "x@acme.test", "wrong", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}") for n in range(31)]
    assert answers[-1].status_code == 429


def test_behind_a_trusted_proxy_each_visitor_counts_alone(client, db, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    make_user("Alice")
    for number in range(31):
        chain = f"6.6.6.6, 203.0.113.{number}"  # what stands before the proxy's own entry is the visitor's invention
        assert sign_in(client, "x@acme.test", "wrong", HTTP_X_FORWARDED_FOR=chain).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_over_several_connections():
    """The web's processes share the count through the database: of 40 attempts at once no more than 30 are heard."""
    make_user("Alice")
    cache.clear()

    def attempt(number):
        try:
            return sign_in(Client(), f"person{number}@acme.test", "wrong").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, range(40)))
    cache.clear()
    assert set(answers) == {200, 429}
    assert answers.count(200) <= 30


def test_signing_out_asks_first_and_ends_the_session(client, cast):
    client.force_login(cast.alice)
    assert "Sign out?" in client.get("/accounts/logout/").content.decode()
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/").headers["Location"] == LOGIN
    assert "_auth_user_id" not in client.session
