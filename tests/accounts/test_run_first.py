from threading import Barrier, Thread

import pytest
from django.db import connections
from django.test import Client

from accounts.models import Installation, User
from orgs.first_run import FirstRunForm, set_up
from orgs.models import Membership, Organization, Role, Task
from orgs.sample_tasks import SAMPLES
from tests.cast import make_user

FORM = {
    "name": "Alice Adler",
    "email": "Alice@Acme.test",
    "password1": "quiet harbor lantern",
    "password2": "quiet harbor lantern",
    "time_zone": "Europe/Berlin",
    "organization_name": "Acme & Sons",
    "slug": "",
    "sample_tasks": "on",
}


def test_it_works(client, db):
    assert client.get("/first-run/").status_code == 200
    response = client.post("/first-run/", FORM)
    assert response.headers["Location"] == "/orgs/acme-sons/tasks/"

    alice = User.objects.get()
    assert (alice.email, alice.time_zone, alice.is_staff, alice.is_superuser) == (
        "alice@acme.test",
        "Europe/Berlin",
        True,
        True,
    )
    assert client.session["_auth_user_id"] == str(alice.pk)
    assert alice.emailaddress_set.get().verified
    organization = Organization.objects.get()
    assert (organization.name, organization.time_zone) == ("Acme & Sons", "Europe/Berlin")
    assert organization.role_of(alice) == Role.OWNER
    newest = Task.objects.order_by("-created_at", "-id")
    assert [task.title for task in newest] == [sample[0] for sample in SAMPLES]


def test_the_owner_sees_the_tasks(client, db):
    page = client.post("/first-run/", FORM, follow=True, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Acme &amp; Sons is ready." in page.content.decode()
    assert "Welcome to Roost: start here" in page.content.decode()


def test_sample_tasks_are_only_made_where_wanted(client, db):
    client.post("/first-run/", {key: value for key, value in FORM.items() if key != "sample_tasks"})
    assert Organization.objects.get().tasks.count() == 0


@pytest.mark.parametrize("page", ["/", "/accounts/login/", "/accounts/signup/"])
def test_an_empty_installation_leads_there(client, db, page):
    assert client.get(page).headers["Location"] == "/first-run/"


def test_it_is_never_used_again(client, db):
    client.post("/first-run/", FORM)
    for visitor in (client, Client()):
        assert visitor.get("/first-run/").status_code == 404
        assert visitor.post("/first-run/", {**FORM, "email": "mallory@elsewhere.test"}).status_code == 404
    User.objects.all().delete()
    assert Client().post("/first-run/", FORM).status_code == 404  # not even when everybody has gone
    assert not User.objects.exists()


def test_it_is_not_there_where_somebody_was_made_at_the_command_line(client, db):
    make_user("Alice")
    assert client.get("/first-run/").status_code == 404
    assert client.post("/first-run/", FORM).status_code == 404
    with pytest.raises(Installation.AlreadyClaimed):
        set_up({})
    assert not Installation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_exactly_one_wins():
    together = Barrier(2)
    answers = []

    def race(number):
        form = FirstRunForm({**FORM, "email": f"person{number}@acme.test", "slug": f"acme-{number}"})
        assert form.is_valid()
        together.wait(10)
        try:
            set_up(form.cleaned_data)
            answers.append("won")
        except Installation.AlreadyClaimed:
            answers.append("lost")
        finally:
            connections.close_all()

    threads = [Thread(target=race, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == ["lost", "won"]
    assert User.objects.count() == Organization.objects.count() == Membership.objects.count() == 1
    assert Task.objects.count() == len(SAMPLES)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "required"),
        ("name", "Alice\x00", "Null characters"),
        ("email", "alice", "valid email"),
        ("password1", "short", "too short"),
        ("password1", "password1234", "too common"),
        ("password1", "alice adler", "too similar to the name"),
        ("password2", "another harbor lantern", "not the same"),
        ("time_zone", "Mars/Olympus", "valid choice"),
        ("organization_name", " ", "required"),
        ("slug", "no blanks", "valid “slug”"),
        ("slug", "../etc", "valid “slug”"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, db, field, value, words):
    response = client.post("/first-run/", {**FORM, field: value})
    assert words in response.context["form"].errors[field].as_text()
    assert not User.objects.exists()
    assert client.get("/first-run/").status_code == 200


@pytest.mark.parametrize(
    ("name", "slug"), [("Acme", "acme"), ("Müller & Söhne", "muller-sohne"), ("日本", "team"), ("x" * 100, "x" * 50)]
)
def test_a_short_name_is_made_from_the_name(client, db, name, slug):
    client.post("/first-run/", {**FORM, "organization_name": name})
    assert Organization.objects.get().slug == slug
