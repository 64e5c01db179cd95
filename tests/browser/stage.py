"""A demo in the middle of its life: jobs in all states, an alert, a backup. For the pages that show them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from articles.mail import ARTICLE_PUBLISHED
from articles.models import Article, Status
from exports.imports.models import TaskImport
from exports.models import ExportJob
from exports.saved import SavedExport
from jobs.models import Schedule
from jobs.models import Status as JobStatus
from jobs.worker import identity
from mail.models import DeliveryTest, Email, EmailStatus
from ops.backups.catalog import Reason
from ops.models import Alert, Backup
from orgs.models import AuditEntry, BulkEdit, Invitation, Organization, Role
from tests.consumer import is_done, until
from tests.exports.builders import make_upload

FAR = timedelta(days=1)
#: Further states of pages: by a name of ours, their addresses.
MORE = {
    "task_list_filtered": "/orgs/acme/tasks/?status=open&q=the",
    "task_list_empty": "/orgs/acme/tasks/?q=nothing-is-called-so",
    "task_list_wrong": "/orgs/acme/tasks/?status=wrong",
    "export_pending": "/orgs/acme/tasks/exports/{pending}/",
    "export_running": "/orgs/acme/tasks/exports/{running}/",
    "export_failed": "/orgs/acme/tasks/exports/{failed}/",
    "export_cancelled": "/orgs/acme/tasks/exports/{cancelled}/",
    "article_draft": "/orgs/acme/articles/what-we-learned/",
    "article_scheduled": "/orgs/acme/articles/the-new-year/",
    "article_list_empty": "/orgs/acme/articles/?q=nothing-is-called-so",
    "comment_queue_approved": "/orgs/acme/articles/comments/?status=approved",
    "comment_queue_empty": "/orgs/acme/articles/comments/?status=rejected",
    "job_list_failed": "/ops/jobs/?status=failed",
    "job_list_wrong": "/ops/jobs/?status=wrong",
    "job_running": "/ops/jobs/exports.exportjob/{running}/",
    "job_failed": "/ops/jobs/exports.exportjob/{failed}/",
    "job_email": "/ops/jobs/mail.email/{email}/",
}


@dataclass(frozen=True)
class Stage:
    """What addresses name: `values` of the parameters of all URLs, and the addresses of MORE."""

    values: dict
    more: dict


def set_stage() -> Stage:
    """Make the rows in the demo of this process's database, whose consumers run. Returns what stands on it."""
    acme = Organization.objects.get(slug="acme")
    alice, bob, carol = (User.objects.get(email=f"{name}@acme.test") for name in ("alice", "bob", "carol"))
    done = ExportJob.start(acme, alice, filters={"status": "open"})
    backup = Backup.objects.start(Reason.BY_HAND, alice)
    test = DeliveryTest.objects.create(recipient=alice.email, requested_by=alice)
    unfinished_and_ended_exports(acme, bob, carol)
    email = uncertain_email(bob)
    Article.objects.create(
        organization=acme, author=bob, title="What we learned", slug="what-we-learned", body="Not *yet*."
    )
    Article.objects.create(
        organization=acme, author=alice, title="The new year", slug="the-new-year", body="Soon.",
        status=Status.SCHEDULED, publish_at=timezone.now() + FAR,
    )  # fmt: skip
    saved = SavedExport(organization=acme, requested_by=alice)
    saved.change(name="Open tasks, each morning", filters={"status": "open"})
    AuditEntry.note(alice, "changed the role of", carol, organization=acme, role="member")
    alert = an_alert()
    # The consumers' folder is where their database is, whatever this process has for its own.
    with override_settings(MEDIA_ROOT=Path(connection.settings_dict["NAME"]).parent / "media"):
        upload = make_upload(acme, alice, "Title,Status\r\nBuy bread,open\r\nSleep,paused\r\n")
    rejected = TaskImport.start(upload, alice, mapping={"title": 0, "status": 1})
    for job in (done, backup, rejected):
        until(lambda: is_done(job))  # noqa: B023 (called at once)
    until(lambda: not DeliveryTest.objects.get(pk=test.pk).is_unfinished)
    task = acme.tasks.exclude(priority=1).first()
    edit = BulkEdit.start(acme, alice, [task.pk], values={"priority": 1})
    values = {
        "slug": "acme",
        "task_id": task.pk,
        "change_id": task.changes.first().pk,
        "edit_id": edit.pk,
        "invitation_id": Invitation.send(acme, "erin@acme.test", Role.MEMBER, alice).pk,
        "secret": "wrong",
        "handle": "wrong",
        "member_id": carol.memberships.get().pk,
        "article_slug": "notes-from-the-trade-fair",
        "export_id": done.pk,
        "upload_id": upload.pk,
        "import_id": rejected.pk,
        "saved_id": saved.pk,
        "email_id": email.pk,
        "test_id": test.pk,
        "schedule_id": Schedule.objects.first().pk,
        "queue": "emails",
        "kind": "exports.exportjob",
        "job_id": done.pk,
        "backup_name": Backup.objects.get(pk=backup.pk).archive,
        "alert_id": alert.pk,
        "key": "wrong",
        "token": "wrong",
        "uidb36": "1",
    }
    exports = dict(ExportJob.objects.filter(organization=acme).values_list("status", "pk"))
    more = {name: address.format(**exports, email=email.pk) for name, address in MORE.items()}
    return Stage(values, more)


def unfinished_and_ended_exports(acme, bob, carol):
    """One in each state. Nobody takes those that wait; the one that runs does so in this process, which is alive."""
    now = timezone.now()
    ended = {"attempt": 1, "started_at": now - timedelta(seconds=3), "finished_at": now}
    for person, columns in (
        (carol, {"status": JobStatus.PENDING, "run_after": now + FAR}),
        (carol, {
            "status": JobStatus.RUNNING, "attempt": 1, "progress": 640_000, "total": 1_000_000, "worker": identity(),
            "started_at": now - timedelta(seconds=1), "lease_until": now + FAR,
        }),
        (bob, {"status": JobStatus.FAILED, "error": "The disk is full. Make room, then run it again.", **ended}),
        (bob, {"status": JobStatus.CANCELLED, **ended}),
    ):  # fmt: skip
        ExportJob.objects.bulk_create([ExportJob(organization=acme, requested_by=person, **columns)])


def uncertain_email(person):
    """One on which a person has to decide."""
    email = Email(
        kind=ARTICLE_PUBLISHED.name, key="stage:1", message_id="<stage-1@localhost>", recipient=person.email,
        user=person, subject="Notes from the trade fair", text="Carol Castle wrote an article.",
        html="<p>Carol Castle wrote an article.</p>", attempt=1, handed_over_in=1, status=EmailStatus.UNCERTAIN,
        error="The line broke after the message had begun to leave.", finished_at=timezone.now(),
    )  # fmt: skip
    Email.objects.bulk_create([email])
    return Email.objects.get(key="stage:1")


def an_alert():
    now = timezone.now()
    return Alert.objects.create(
        key="stage:disk", severity="warning", words="The disk is 91 % full.", remedy="Make room, or enlarge it.",
        since=now - timedelta(hours=1), last_seen=now + FAR, raised_at=now - timedelta(hours=1),
        told_at=now - timedelta(hours=1), tellings=1,
    )  # fmt: skip
