"""Every address of the site, asked for by everybody, against the table of what they get."""

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from config.headers import POLICY
from exports.imports.models import TaskImport
from exports.models import ExportJob
from orgs.models import BulkEdit, Invitation, Role
from tests.addresses import PARAMETERS, all_addresses
from tests.articles.builders import make_article
from tests.cast import Cast, make_cast, make_task, make_user
from tests.exports.builders import make_saved_export, make_upload
from tests.markup import inline_parts
from tests.orgs.who_may import EXPECTED, EXPECTED_OF_ALLAUTH, PEOPLE

OF_ORGANIZATIONS = [name for name in EXPECTED if "slug" in PARAMETERS.get(name, [])]
WITH_IDS = [name for name in OF_ORGANIZATIONS if len(PARAMETERS.get(name, [])) > 1]


@dataclass(frozen=True)
class Place:
    """Acme with one of everything: its people, the parameters of addresses, and a session of each person."""

    cast: Cast
    parameters: dict
    sessions: dict


@pytest.fixture(scope="module")
def place(new_place):
    """Made once for all tests of the module: what one of them writes is undone at its end, and this at theirs."""
    return new_place()


@pytest.fixture(scope="module")
def new_place(django_db_setup, django_db_blocker, tmp_path_factory):
    """Makes one when it is called; after the last test of the module all that is undone."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), media, undone():
        yield make_place


def make_place():
    cast = make_cast()
    upload = make_upload(cast.acme, cast.carol, "what,when\r\nthis,now\r\n")
    erin = make_user("Erin")
    cast.acme.add_member(erin, Role.VIEWER)
    task = make_task(cast.acme)
    edit = BulkEdit.start(cast.acme, cast.carol, [task.pk], values={"priority": 1})
    parameters = {
        "slug": cast.acme.slug,
        "task_id": task.pk,
        "change_id": task.changes.get().pk,
        "edit_id": edit.pk,
        "member_id": erin.memberships.get().pk,
        "article_slug": make_article(cast.acme, cast.carol).slug,
        "export_id": ExportJob.start(cast.acme, cast.carol).pk,
        "saved_id": make_saved_export(cast.acme, cast.carol).pk,
        "upload_id": upload.pk,
        "import_id": TaskImport.start(upload, cast.carol, mapping={}).pk,
        "email_id": 1,
        "test_id": 1,
        "schedule_id": 1,
        "invitation_id": Invitation.send(cast.acme, "frank@acme.test", Role.MEMBER, cast.bob).pk,
        "secret": "wrong",
        "handle": "wrong",
        "queue": "emails",
        "kind": "mail.email",
        "job_id": 1,
        "backup_name": "roost-20261125T033000Z.tar.zst",
        "alert_id": 1,
        "key": "wrong",
        "token": "wrong",
        "uidb36": "1",
    }
    return Place(cast, parameters, {person: session_of(getattr(cast, person)) for person in PEOPLE[1:]})


def session_of(user):
    client = Client()
    client.force_login(user)
    return client.session.session_key


@pytest.fixture
def cast(db, place):
    return deepcopy(place.cast)


@pytest.fixture
def address(db, place):
    """address(name) is the one of a task, a membership or an export of Acme."""

    def build(name, **changes):
        return reverse(name, kwargs={each: {**place.parameters, **changes}[each] for each in PARAMETERS[name]})

    return build


@pytest.fixture
def client_of(db, place):
    """client_of(name of a person) is one that asks for pages."""

    def build(person, accept="text/html", **options):
        client = Client(headers={"accept": accept}, **options)
        if person != "nobody":
            client.cookies[settings.SESSION_COOKIE_NAME] = place.sessions[person]
        return client

    return build


def is_strict(answer):
    """Whether the browser is told to run nothing that stands in the page, and nothing stands there."""
    return answer.headers["Content-Security-Policy"] == POLICY and not inline_parts(answer.content.decode())


def test_it_works():
    assert {name for name, _ in all_addresses()} == EXPECTED.keys() | EXPECTED_OF_ALLAUTH.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_everybody_gets_what_is_theirs(client_of, address, name):
    at = address(name)
    status = {"GET": {}, "POST": {}}
    for person in PEOPLE:
        with undone():
            client = client_of(person)
            answers = {"GET": client.get(at), "POST": client.post(at)}
            assert all(map(is_strict, answers.values())), person
            for method, answer in answers.items():
                status[method][person] = answer.status_code
    expected = [int(status) for status in EXPECTED[name].split()]
    assert status == {
        "GET": dict(zip(PEOPLE, expected[: len(PEOPLE)], strict=True)),
        "POST": dict(zip(PEOPLE, expected[len(PEOPLE) :], strict=True)),
    }


@contextmanager
def undone():
    """What the block writes into the database is undone at its end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", OF_ORGANIZATIONS)
def test_nobody_is_led_to_the_sign_in_page(client_of, address, name):
    client = client_of("nobody")
    for answer in client.get(address(name)), client.post(address(name)):
        assert answer.status_code == 405 or answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", OF_ORGANIZATIONS)
def test_a_program_that_has_not_signed_in_gets_a_401(client_of, address, name):
    client = client_of("nobody", accept="application/json")
    assert {client.get(address(name)).status_code, client.post(address(name)).status_code} <= {401, 405}


@pytest.mark.parametrize("name", EXPECTED_OF_ALLAUTH)
def test_pages_of_signing_in_open(client_of, address, name):
    answers = [client_of(person).get(address(name)) for person in ("nobody", "alice")]
    assert [answer.status_code for answer in answers] == [int(status) for status in EXPECTED_OF_ALLAUTH[name].split()]
    assert all(map(is_strict, answers))


@pytest.mark.parametrize("name", WITH_IDS)
def test_ids_of_another_organization_are_not_found(client_of, address, name):
    client = client_of("mallory")
    own = address(name, slug="elsewhere")
    assert {client.get(own).status_code, client.post(own).status_code} <= {404, 405}


@pytest.mark.parametrize("name", WITH_IDS)
def test_ids_beyond_any_number_are_not_found(client_of, address, name):
    client = client_of("alice")
    ids = {parameter: 10**30 for parameter in PARAMETERS[name] if parameter != "slug"}
    beyond = address(name, **ids)
    assert {client.get(beyond).status_code, client.post(beyond).status_code} <= {404, 405}


# A mail program unsubscribes without a form of ours: the signature in the link is the proof.
@pytest.mark.parametrize("name", [name for name in [*EXPECTED, *EXPECTED_OF_ALLAUTH] if name != "unsubscribe"])
def test_a_form_from_elsewhere_is_refused(client_of, address, name):
    client = client_of("alice", enforce_csrf_checks=True)
    assert client.post(address(name)).status_code == 403
