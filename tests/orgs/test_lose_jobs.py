"""What a job needs is deleted between its start and its end: it stops without a noise, or says why it failed."""

import itertools

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from articles.models import Article, ArticleNotification, Comment, Status
from config.queues import QUEUES
from exports.imports.models import TaskImport
from exports.models import ExportJob
from jobs.runner import run
from mail.models import Email
from orgs.models import BulkEdit, Organization
from orgs.models.reminder import DueReminder
from tests.articles.builders import make_article, make_comment
from tests.cast import make_cast, make_task
from tests.exports.builders import make_upload
from tests.orgs.test_lose_rows import deleting

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="this connection deletes it: others may only on SQLite"),
]


def export(cast):
    make_task(cast.acme, "A")
    return ExportJob.start(cast.acme, cast.carol, notify=True)


def task_import(cast):
    upload = make_upload(cast.acme, cast.carol, "title\r\nA\r\nB\r\n")
    return TaskImport.start(upload, cast.carol, mapping={"title": 0})


def bulk_edit(cast):
    tasks = [make_task(cast.acme).pk for _ in range(3)]
    return BulkEdit.start(cast.acme, cast.carol, tasks, values={"status": "done", "assigned_to": cast.bob.pk})


def undoing(cast):
    edit = bulk_edit(cast)
    run(BulkEdit, edit.pk)
    edit.refresh_from_db()
    return edit.undo(cast.carol)


def reminder(cast):
    make_task(cast.acme, assigned_to=cast.carol, due_date=timezone.localdate())
    return DueReminder.objects.create(user=cast.carol, day=timezone.localdate(timezone=cast.carol.zone))


def publication(cast):
    article = make_article(cast.acme, cast.carol, status=Status.DRAFT)
    article.publish()
    return article.notifications.get()


def submission(cast):
    return Comment.objects.submit(make_article(cast.acme, cast.bob), cast.carol, "Well.", False).notifications.get()


def approval(cast):
    article = make_article(cast.acme, cast.carol)
    comment = make_comment(article, cast.carol, status="pending")
    comment.approve(cast.bob)
    return comment.notifications.get()


def email(cast):
    run(ArticleNotification, publication(cast).pk)
    return Email.objects.get(user=cast.carol)


#: What is deleted: rows, as a QuerySet.
LOST = {
    "itself": lambda cast, job: type(job).objects.filter(pk=job.pk),
    "organization": lambda cast, job: Organization.objects.filter(pk=cast.acme.pk),
    "person": lambda cast, job: User.objects.filter(pk=cast.carol.pk),
    "article": lambda cast, job: Article.objects.all(),
    "tasks": lambda cast, job: cast.acme.tasks.all(),
    "comment": lambda cast, job: Comment.objects.all(),
}


@pytest.fixture(autouse=True)
def no_worker(immediate_queues, settings, tmp_path, monkeypatch):
    """Jobs stay pending, bulk edits are done one task after the other."""
    settings.MEDIA_ROOT = tmp_path
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr("orgs.models.bulk_edit.BATCH", 1)
    for queue in QUEUES.values():
        queue.immediate = False


#: Of each kind what of these it needs, beside itself, its organization and a person.
NEEDS = {
    export: ["tasks"],
    task_import: [],
    bulk_edit: ["tasks"],
    undoing: ["tasks"],
    reminder: ["tasks"],
    publication: ["article"],
    submission: ["article", "comment"],
    approval: ["article", "comment"],
    email: ["article"],
}
CASES = [(make, lost) for make, needs in NEEDS.items() for lost in ("itself", "organization", "person", *needs)]


@pytest.mark.parametrize(("make", "lost"), CASES)
def test_it_works(make, lost, tmp_path):
    for moment in itertools.count():
        cast = make_cast()
        job = make(cast)
        row = type(job).objects.filter(pk=job.pk)
        with deleting(LOST[lost](cast, job), moment) as deleted:
            run(type(job), job.pk)
        if row.filter(status="pending", attempt=1).update(run_after=timezone.now()):  # it looks again
            run(type(job), job.pk)
        job = row.first()
        assert job is None or job.status in ("done", "failed", "cancelled")
        assert job is None or "on our side" not in job.error
        if job is None or job.status != "done":
            assert {path.suffix for path in tmp_path.rglob("*.*")} <= {".upload"}
        if not deleted:
            return
        Organization.objects.all().delete()
        User.objects.all().delete()


def test_who_is_told_beside_a_deleted_person_is_told(meanwhile):
    """Of many who were told at once, the one whose account was deleted just then kept it from all of them."""
    cast = make_cast()
    job = publication(cast)
    with meanwhile(cast.dave.delete, before='SELECT "mail_email"'):
        run(ArticleNotification, job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == ("pending", "Something that it needs has just been deleted.")
    assert job.run_after > timezone.now()
    ArticleNotification.objects.update(run_after=timezone.now())
    run(ArticleNotification, job.pk)
    job.refresh_from_db()
    assert job.status == "done"
    assert set(Email.objects.values_list("recipient", flat=True)) == {
        person.email for person in (cast.alice, cast.bob, cast.carol)
    }
