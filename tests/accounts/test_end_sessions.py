"""Where somebody is signed in: one sees it, and signs out one by one or everywhere else."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import UNKNOWN, device
from tests.cast import PASSWORD, make_user

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {}Chrome/130.0.0.0 Safari/537.36{}"
SESSIONS = "/profile/sessions/"


@pytest.fixture
def alice(db):
    return make_user("Alice")


@pytest.fixture
def sign_in(alice):
    """sign_in(user_agent) is a browser in which Alice has signed in with her password."""

    def open_browser(user_agent, person=alice):
        client = Client(headers={"accept": "text/html", "user-agent": user_agent})
        answer = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        assert answer.status_code == 302
        return client

    return open_browser


def is_signed_in(client):
    return client.get("/profile/").status_code == 200


def test_it_works(sign_in):
    laptop, phone = sign_in(FIREFOX), sign_in(SAFARI)
    page = laptop.get(SESSIONS)
    assert [session.device for session in page.context["here"]] == ["Firefox on Windows"]
    (other,) = page.context["others"]
    assert other.device == "Safari on iPhone"
    answer = laptop.post(f"{SESSIONS}{other.handle}/end/", follow=True)
    assert "Signed out: Safari on iPhone." in answer.content.decode()
    assert "You are signed in nowhere else." in answer.content.decode()
    assert (is_signed_in(laptop), is_signed_in(phone)) == (True, False)


def test_all_others_at_once(sign_in):
    here, *elsewhere = [sign_in(FIREFOX) for _ in range(4)]
    stranger = sign_in(FIREFOX, make_user("Mallory"))
    answer = here.post(f"{SESSIONS}end-others/", follow=True)
    assert "You are signed out everywhere else." in answer.content.decode()
    assert [is_signed_in(client) for client in (here, *elsewhere, stranger)] == [True, False, False, False, True]


def test_nobody_ends_the_session_of_somebody_else(sign_in):
    alice, mallory = sign_in(FIREFOX), sign_in(FIREFOX, make_user("Mallory"))
    (session,) = alice.get(SESSIONS).context["here"]
    assert mallory.post(f"{SESSIONS}{session.handle}/end/").status_code == 404
    assert mallory.get(SESSIONS).context["others"] == []
    assert is_signed_in(alice)


def test_no_page_shows_what_would_let_somebody_in(sign_in):
    here, other = sign_in(FIREFOX), sign_in(SAFARI)
    page = here.get(SESSIONS).content.decode()
    for client in (here, other):
        assert client.session.session_key not in page


def test_one_s_own_is_ended_by_signing_out(sign_in):
    client = sign_in(FIREFOX)
    (session,) = client.get(SESSIONS).context["here"]
    assert client.post(f"{SESSIONS}{session.handle}/end/").status_code == 404
    client.post("/accounts/logout/")
    assert not Session.objects.exists()


def test_what_a_new_password_has_ended_is_not_listed(sign_in):
    here, other = sign_in(FIREFOX), sign_in(SAFARI)
    new = {"oldpassword": PASSWORD, "password1": "another harbor lantern", "password2": "another harbor lantern"}
    here.post("/accounts/password/change/", new)
    page = here.get(SESSIONS)
    assert ([session.device for session in page.context["here"]], page.context["others"]) == (
        ["Firefox on Windows"],
        [],
    )
    assert not is_signed_in(other)


def test_what_has_expired_is_not_listed(sign_in, alice):
    here, _ = sign_in(FIREFOX), sign_in(SAFARI)
    Session.objects.filter(device="Safari on iPhone").update(expire_date=timezone.now())
    assert here.get(SESSIONS).context["others"] == []


def writes(client):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(SESSIONS)
    return [query["sql"] for query in queries if not query["sql"].startswith("SELECT")]


def test_being_used_is_written_down_every_few_minutes_only(sign_in, time_machine):
    time_machine.move_to("2026-05-04T10:00:00Z", tick=False)
    client = sign_in(FIREFOX)
    for minutes, number in ((2, 0), (2, 0), (2, 1), (4, 0)):
        time_machine.shift(timedelta(minutes=minutes))
        assert len(writes(client)) == number
    (session,) = Session.objects.all()
    assert (session.started_at.minute, session.seen_at.minute) == (0, 6)


def test_a_page_that_is_ready_comes_although_that_cannot_be_written_down(sign_in, time_machine):
    client = sign_in(FIREFOX)
    time_machine.move_to(timezone.now() + timedelta(minutes=6))

    def break_down(execute, sql, *arguments):
        if sql.startswith("UPDATE"):
            raise OperationalError("database is locked")
        return execute(sql, *arguments)

    with connection.execute_wrapper(break_down):
        assert client.get(SESSIONS).status_code == 200


def test_changing_the_session_keeps_since_when_it_is(sign_in, time_machine):
    time_machine.move_to("2026-05-04T10:00:00Z", tick=False)
    client = sign_in(FIREFOX)
    time_machine.shift(timedelta(minutes=1))
    session = client.session
    session["something"] = "else"
    session.save()
    (row,) = Session.objects.all()
    assert (row.started_at.minute, row.seen_at.minute, row.user.name) == (0, 1, "Alice")


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        (CHROME.format("", ""), "Chrome on Linux"),
        (CHROME.format("", " Edg/130.0.0.0"), "Edge on Linux"),
        (CHROME.format("Headless", ""), "Chrome on Linux"),
        ("curl/8.5.0", "curl"),
        ("", UNKNOWN),
        ("<script>" * 10_000, UNKNOWN),
    ],
)
def test_a_device_is_told_in_a_few_words(user_agent, words):
    assert device(user_agent) == words


def test_many_are_not_all_listed(sign_in, alice):
    here = sign_in(FIREFOX)
    for _ in range(52):
        Client().force_login(alice)
    page = here.get(SESSIONS)
    assert (len(page.context["others"]), page.context["more"]) == (50, 2)


def test_the_number_of_queries_is_fixed(sign_in, alice, django_assert_num_queries):
    here = sign_in(FIREFOX)
    for more in (0, 5):
        for _ in range(more):
            Client().force_login(alice)
        # Session, person; the sessions; organizations.
        with django_assert_num_queries(4):
            here.get(SESSIONS)


@pytest.mark.django_db(transaction=True)
def test_an_update_leaves_people_signed_in(alice, sign_in):
    client, gone = sign_in(FIREFOX), sign_in(SAFARI, make_user("Gone"))
    with connection.cursor() as cursor:
        columns = "session_key, session_data, expire_date"
        cursor.execute(f"CREATE TABLE django_session AS SELECT {columns} FROM accounts_session")
        cursor.execute("DELETE FROM accounts_session")
    User.objects.get(name="Gone").delete()
    migration = import_module("accounts.migrations.0003_sessions")
    for _ in range(2):  # the second time there is no such table
        with connection.schema_editor() as editor:
            migration.take_over(apps, editor)
    assert (is_signed_in(client), is_signed_in(gone)) == (True, False)
    assert [session.device for session in client.get(SESSIONS).context["here"]] == [UNKNOWN]


def test_strangers_sign_in_first(client, db):
    assert client.get(SESSIONS).headers["Location"] == f"/accounts/login/?next={SESSIONS}"


@pytest.mark.parametrize("cookie", [r'"\000aaaaaaaaaaaa"', "A" * 32, "é" * 32, "' OR 1=1 --"])
def test_the_database_is_asked_for_no_key_that_cannot_be_ours(client, db, django_assert_num_queries, cookie):
    """PostgreSQL has nothing but an error for some of them."""
    with django_assert_num_queries(0):
        assert client.get("/profile/", HTTP_COOKIE=f"sessionid={cookie}").status_code == 302
