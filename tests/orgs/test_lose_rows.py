"""What somebody acts on is deleted at any moment of their request: that is a 404, or it was done before; no error."""

import itertools
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from articles.models import Article
from config.queues import QUEUES
from exports.imports.models import TaskImport, Upload
from exports.models import ExportJob
from exports.saved import SavedExport
from orgs.models import Invitation, Membership, Organization, Task
from tests.addresses import PARAMETERS
from tests.articles.builders import make_comment
from tests.orgs.test_accept_invitation import NEW, link_of
from tests.orgs.test_walk_urls import OF_ORGANIZATIONS, make_place

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="this connection deletes it: others may only on SQLite"),
]

RECURRING = {"name": "A", "frequency": "daily", "weekday": 1, "month_day": 1, "export_format": "csv", "columns": ["id"]}

#: What is posted where an empty form would be refused.
POSTED = {
    "add_task": {"title": "Another", "priority": 3},
    "create_task": {"title": "Another", "priority": 3, "status": "open"},
    "edit_task": {"title": "Another", "priority": 2, "status": "done"},
    "start_bulk_edit": {"status": "done"},
    "invite_member": {"email": "new@acme.test", "role": "member"},
    "edit_member": {"role": "admin"},
    "organization_settings": {"name": "Another", "time_zone": "Europe/Berlin"},
    "create_article": {"title": "Another", "body": "Words"},
    "edit_article": {"title": "Another", "body": "Words"},
    "schedule_article": {"publish_at": "2031-01-01T10:00"},
    "write_comment": {"body": "Words"},
    "start_import": {"title": "0"},
    "read_import_again": {"encoding": "utf-8", "delimiter": ";"},
    "create_saved_export": {**RECURRING, "hour": 9},
    "edit_saved_export": {**RECURRING, "hour": 8},
}

#: By the parameter of an address that names it.
MODELS = {
    "slug": Organization,
    "task_id": Task,
    "member_id": Membership,
    "article_slug": Article,
    "export_id": ExportJob,
    "saved_id": SavedExport,
    "upload_id": Upload,
    "import_id": TaskImport,
    "invitation_id": Invitation,
}
CASES = [
    (name, method, parameter)
    for name in OF_ORGANIZATIONS
    for method in ("get", "post")
    for parameter in PARAMETERS[name]
    if parameter in MODELS
]


@pytest.fixture(autouse=True)
def no_worker(immediate_queues, settings, tmp_path):
    """Jobs stay pending."""
    settings.MEDIA_ROOT = tmp_path
    for queue in QUEUES.values():
        queue.immediate = False


@contextmanager
def deleting(rows, moment):
    """Within the block, somebody deletes `rows` (a QuerySet) when this connection, for the time number `moment`, begins
    a statement or a transaction of its own. Gives a list that has an entry then."""
    moments, deleted = itertools.count(), []

    def watch(execute, sql, *arguments):
        if not connection.in_atomic_block and not deleted and next(moments) == moment:
            deleted.append(moment)
            for row in rows:
                row.delete()
        return execute(sql, *arguments)

    with connection.execute_wrapper(watch):
        yield deleted


def statuses(ask):
    """`ask(moment)` for each moment of a request; it returns the answer, and whether anything was deleted yet. Returns
    the statuses of the answers."""
    found = []
    for moment in itertools.count():
        answer, deleted = ask(moment)
        found.append(answer.status_code)
        if not deleted:
            return found
        Organization.objects.all().delete()
        User.objects.all().delete()


def answers(name, method, parameter):
    def ask(moment):
        place = make_place()
        rows = MODELS[parameter].objects.filter(
            **{"slug" if "slug" in parameter else "pk": place.parameters[parameter]}
        )
        client = Client(headers={"accept": "text/html"})
        client.force_login(place.cast.carol if "import" in name or "bulk" in name else place.cast.alice)
        where = reverse(name, kwargs={each: place.parameters[each] for each in PARAMETERS[name]})
        data = fill_in(name, place) if method == "post" else {}
        with deleting(rows, moment) as deleted:
            return getattr(client, method)(where, data), deleted

    return statuses(ask)


def fill_in(name, place):
    data = dict(POSTED.get(name, {}))
    if name == "start_bulk_edit":
        data["task"] = [place.parameters["task_id"]]
    if name in ("approve_comments", "reject_comments"):
        article = Article.objects.get(slug=place.parameters["article_slug"])
        data["comment"] = [make_comment(article, place.cast.dave, status="pending").pk]
    return data


def test_it_works():
    *gone, done = answers("invite_member", "post", "slug")
    assert len(gone) > 2
    assert set(gone) == {404}
    assert done == 302


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method", "parameter"), CASES)
def test_it_is_no_error_of_ours(name, method, parameter):
    found = answers(name, method, parameter)
    assert len(found) > 2
    assert max(found) < 500


@pytest.mark.parametrize("person", ["dave", "nobody"])
def test_who_joins_is_told_that_it_is_gone(person):
    def ask(moment):
        place = make_place()
        link = link_of(Invitation.send(place.cast.elsewhere, "erin@elsewhere.test", "member", place.cast.mallory))
        client = Client(headers={"accept": "text/html"})
        if person != "nobody":
            client.force_login(place.cast.dave)
        with deleting(Organization.objects.filter(pk=place.cast.elsewhere.pk), moment) as deleted:
            return client.post(link, NEW), deleted

    *gone, done = statuses(ask)
    assert set(gone) - {302} == {404, 410}  # 302 where they had joined
    assert done == 302
