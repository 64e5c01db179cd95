"""Every address of the site, asked for by everybody, against a table of what they get.

An address that is missing in the table fails a test: whoever adds a view says here who may use it.
"""

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

PEOPLE = ["nobody", "mallory", "dave", "carol", "bob", "alice"]

# What a browser gets: 302 leads on (nobody to the sign-in page), 403 is not allowed, 404 not there, 405 not this way.
# POST is without any fields. The export is Carol's and pending, so that it has no file yet; the article is Carol's and
# published; the bulk edit is Carol's, and so is the import, pending, of a file without titles. Nobody here operates the
# installation: that there is an outbox they do not see.
EXPECTED = {
    #                        GET                             POST
    #                        nobody                          nobody
    #                            mallory (stranger)              mallory
    #                                dave (viewer)                   dave
    #                                    carol (member)                  carol
    #                                        bob (admin)                     bob
    #                                            alice (owner)                   alice
    "home":                  "302 200 200 200 200 200        405 405 405 405 405 405",
    "my_tasks":              "302 200 200 200 200 200        405 405 405 405 405 405",
    "first_run":             "404 404 404 404 404 404        404 404 404 404 404 404",
    "choose_theme":          "405 405 405 405 405 405        400 400 400 400 400 400",
    "profile":               "302 200 200 200 200 200        302 200 200 200 200 200",
    "session_list":          "302 200 200 200 200 200        405 405 405 405 405 405",
    "end_session":           "302 405 405 405 405 405        302 404 404 404 404 404",
    "end_other_sessions":    "302 405 405 405 405 405        302 302 302 302 302 302",
    "save_mail_preferences": "302 405 405 405 405 405        302 302 302 302 302 302",
    "confirm_mail_address":  "302 405 405 405 405 405        302 302 302 302 302 302",
    "unsubscribe":           "404 404 404 404 404 404        404 404 404 404 404 404",
    "old_outbox":            "302 404 404 404 404 404        302 404 404 404 404 404",
    "outbox":                "302 404 404 404 404 404        302 404 404 404 404 404",
    "try_mail_now":          "302 404 404 404 404 404        302 404 404 404 404 404",
    "send_all_mail_again":   "302 404 404 404 404 404        302 404 404 404 404 404",
    "drop_all_mail":         "302 404 404 404 404 404        302 404 404 404 404 404",
    "start_delivery_test":   "302 404 404 404 404 404        302 404 404 404 404 404",
    "delivery_test":         "302 404 404 404 404 404        302 404 404 404 404 404",
    "email_detail":          "302 404 404 404 404 404        302 404 404 404 404 404",
    "email_html":            "302 404 404 404 404 404        302 404 404 404 404 404",
    "send_mail_again":       "302 404 404 404 404 404        302 404 404 404 404 404",
    "backup_list":           "302 404 404 404 404 404        302 404 404 404 404 404",
    "start_backup":          "302 404 404 404 404 404        302 404 404 404 404 404",
    "prove_backup":          "302 404 404 404 404 404        302 404 404 404 404 404",
    "download_backup":       "302 404 404 404 404 404        302 404 404 404 404 404",
    "drop_mail":             "302 404 404 404 404 404        302 404 404 404 404 404",
    "overview":              "302 404 404 404 404 404        302 404 404 404 404 404",
    "pause_queue":           "302 404 404 404 404 404        302 404 404 404 404 404",
    "resume_queue":          "302 404 404 404 404 404        302 404 404 404 404 404",
    "job_list":              "302 404 404 404 404 404        302 404 404 404 404 404",
    "act_on_jobs":           "302 404 404 404 404 404        302 404 404 404 404 404",
    "job_detail":            "302 404 404 404 404 404        302 404 404 404 404 404",
    "retry_job":             "302 404 404 404 404 404        302 404 404 404 404 404",
    "discard_job":           "302 404 404 404 404 404        302 404 404 404 404 404",
    "cancel_job":            "302 404 404 404 404 404        302 404 404 404 404 404",
    "audit_log":             "302 404 404 404 404 404        302 404 404 404 404 404",
    "alert_list":            "302 404 404 404 404 404        302 404 404 404 404 404",
    "test_alerts":           "302 404 404 404 404 404        302 404 404 404 404 404",
    "mute_alert":            "302 404 404 404 404 404        302 404 404 404 404 404",
    "unmute_alert":          "302 404 404 404 404 404        302 404 404 404 404 404",
    "metrics":               "404 404 404 404 404 404        404 404 404 404 404 404",
    "health":                "200 200 200 200 200 200        405 405 405 405 405 405",
    "doctor":                "302 404 404 404 404 404        302 404 404 404 404 404",
    "start_mail_test":       "302 404 404 404 404 404        302 404 404 404 404 404",
    "schedule_list":         "302 404 404 404 404 404        302 404 404 404 404 404",
    "edit_schedule":         "302 404 404 404 404 404        302 404 404 404 404 404",
    "pause_schedule":        "302 404 404 404 404 404        302 404 404 404 404 404",
    "resume_schedule":       "302 404 404 404 404 404        302 404 404 404 404 404",
    "run_schedule":          "302 404 404 404 404 404        302 404 404 404 404 404",
    "task_list":             "302 404 200 200 200 200        405 405 405 405 405 405",
    "add_task":              "405 405 405 405 405 405        302 404 403 400 400 400",
    "start_bulk_edit":       "405 405 405 405 405 405        302 404 403 400 400 400",
    "bulk_edit_detail":      "302 404 404 200 404 404        405 405 405 405 405 405",
    "undo_bulk_edit":        "405 405 405 405 405 405        302 404 403 302 404 404",
    "task_history":          "302 404 200 200 200 200        405 405 405 405 405 405",
    "undo_change":           "405 405 405 405 405 405        302 404 403 302 302 302",
    "create_task":           "302 404 403 200 200 200        302 404 403 200 200 200",
    "edit_task":             "302 404 200 200 200 200        302 404 403 200 200 200",
    "complete_task":         "405 405 405 405 405 405        302 404 403 302 302 302",
    "reopen_task":           "405 405 405 405 405 405        302 404 403 302 302 302",
    "delete_task":           "302 404 403 200 200 200        302 404 403 302 302 302",
    "member_list":           "302 404 200 200 200 200        405 405 405 405 405 405",
    "invite_member":         "405 405 405 405 405 405        302 404 403 403 200 200",
    "resend_invitation":     "405 405 405 405 405 405        302 404 403 403 302 302",
    "revoke_invitation":     "405 405 405 405 405 405        302 404 403 403 302 302",
    "hand_over_ownership":   "302 404 403 403 403 200        302 404 403 403 403 302",
    "accept_invitation":     "404 404 404 404 404 404        404 404 404 404 404 404",
    "create_organization":   "302 403 403 403 403 403        302 403 403 403 403 403",
    "organization_audit_log": "302 404 403 403 200 200        405 405 405 405 405 405",
    "edit_member":           "302 404 403 403 200 200        302 404 403 403 200 200",
    "remove_member":         "302 404 403 403 200 200        302 404 403 403 302 302",
    "leave_organization":    "302 404 200 200 200 200        302 404 302 302 302 200",
    "organization_settings": "302 404 403 403 200 200        302 404 403 403 200 200",
    "article_list":          "302 404 200 200 200 200        405 405 405 405 405 405",
    "create_article":        "302 404 403 200 200 200        302 404 403 200 200 200",
    "article_detail":        "302 404 200 200 200 200        405 405 405 405 405 405",
    "edit_article":          "302 404 403 200 200 200        302 404 403 200 200 200",
    "delete_article":        "302 404 403 403 200 200        302 404 403 403 302 302",
    "publish_article":       "405 405 405 405 405 405        302 404 403 302 302 302",
    "schedule_article":      "405 405 405 405 405 405        302 404 403 200 200 200",
    "withdraw_article":      "405 405 405 405 405 405        302 404 403 302 302 302",
    "archive_article":       "405 405 405 405 405 405        302 404 403 302 302 302",
    "write_comment":         "405 405 405 405 405 405        302 404 403 200 200 200",
    "comment_queue":         "302 404 403 403 200 200        405 405 405 405 405 405",
    "count_comments":        "302 404 403 403 200 200        405 405 405 405 405 405",
    "approve_comments":      "405 405 405 405 405 405        302 404 403 403 400 400",
    "reject_comments":       "405 405 405 405 405 405        302 404 403 403 400 400",
    "export_notice":         "302 404 404 404 404 404        405 405 405 405 405 405",
    "import_notice":         "302 404 404 404 404 404        405 405 405 405 405 405",
    "export_list":           "302 404 200 200 200 200        405 405 405 405 405 405",
    "new_export":            "302 404 403 200 200 200        405 405 405 405 405 405",
    "start_export":          "405 405 405 405 405 405        302 404 403 302 302 302",
    "export_detail":         "302 404 404 200 200 200        405 405 405 405 405 405",
    "download_export":       "302 404 403 404 404 404        405 405 405 405 405 405",
    "cancel_export":         "405 405 405 405 405 405        302 404 403 302 302 302",
    "repeat_export":         "405 405 405 405 405 405        302 404 403 302 302 302",
    "import_list":           "302 404 200 200 200 200        405 405 405 405 405 405",
    "new_import":            "302 404 403 200 200 200        302 404 403 400 400 400",
    "start_import":          "302 404 403 200 404 404        302 404 403 400 404 404",
    "read_import_again":     "405 405 405 405 405 405        302 404 403 400 404 404",
    "import_detail":         "302 404 404 200 200 200        405 405 405 405 405 405",
    "cancel_import":         "405 405 405 405 405 405        302 404 403 302 302 302",
    "rejected_rows":         "302 404 403 404 404 404        405 405 405 405 405 405",
    "saved_export_list":     "302 404 200 200 200 200        405 405 405 405 405 405",
    "create_saved_export":   "302 404 403 200 200 200        302 404 403 200 200 200",
    "edit_saved_export":     "302 404 403 200 200 200        302 404 403 200 200 200",
    "delete_saved_export":   "302 404 403 200 200 200        302 404 403 302 302 302",
    "pause_saved_export":    "405 405 405 405 405 405        302 404 403 302 302 302",
    "resume_saved_export":   "405 405 405 405 405 405        302 404 403 302 302 302",
    "run_saved_export":      "405 405 405 405 405 405        302 404 403 302 302 302",
}  # fmt: skip

# allauth's own pages, with allauth's own rules: what GET says to nobody, and to whoever is signed in.
EXPECTED_OF_ALLAUTH = {
    "account_login":                         "200 302",
    "account_logout":                        "302 200",
    "account_inactive":                      "200 200",
    "account_signup":                        "200 302",
    "account_reauthenticate":                "302 200",
    "account_email":                         "302 200",
    "account_email_verification_sent":       "200 200",
    "account_confirm_email":                 "200 200",
    "account_confirm_login_code":            "302 302",
    "account_change_password":               "302 200",
    "account_set_password":                  "302 302",
    "account_reset_password":                "200 200",
    "account_reset_password_done":           "200 200",
    "account_reset_password_from_key":       "200 200",
    "account_reset_password_from_key_done":  "200 200",
}  # fmt: skip

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
