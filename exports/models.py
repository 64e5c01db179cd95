"""An export of tasks: what was asked for, how far it is, and where the file is.

start ──► pending ──► perform: permission → rows into a temporary file → check → fsync, rename ──► done
"""

import json
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from exports import files, mail, writers
from exports.live import Followed
from exports.options import ExportOptions, Format
from exports.saved import SavedExport
from jobs.errors import AttemptOver, JobFailed
from jobs.models import Job, JobQuerySet, Status
from jobs.models.queryset import begin_of_history
from mail import outbox, preferences
from orgs.models import AuditEntry, Organization
from orgs.permissions import can_see_all_exports

#: Unfinished exports that one person may have.
LIMIT = 3
#: How long a finished file is kept, with its job. (One that has no file is kept like any job.)
KEEP_DONE = timedelta(days=7)
#: How many finished ones of a person in an organization are kept: who asks for another one loses the oldest, so that
#: nobody fills the disk.
KEEP_LATEST = 50
#: Whoever waited longer for an export is told by e-mail how it ended, asked for or not.
LONG = timedelta(seconds=30)


class TooManyExports(Exception):
    """The person has as many unfinished exports as one may have; the message says so."""


class ExportJobQuerySet(JobQuerySet):
    def visible_to(self, user, organization, role):
        """Owners and admins see all exports of the organization, others their own."""
        jobs = self.filter(organization=organization)
        return jobs if can_see_all_exports(role) else jobs.filter(requested_by=user)

    def expired(self, now):
        done = models.Q(status=Status.DONE)
        return self.ended_before(now - KEEP_DONE).filter(done | models.Q(finished_at__lt=begin_of_history(now)))

    def superseded(self, organization, user):
        """The finished exports of `user` behind the KEEP_LATEST latest."""
        done = self.filter(organization=organization, requested_by=user, status=Status.DONE)
        older = done.order_by("-created_at", "-pk").values_list("pk", flat=True)[KEEP_LATEST:]
        return self.filter(pk__in=list(older))

    def remove(self):
        """Delete the rows, and their files once that is committed."""
        folders = [(job.folder, job.pk) for job in self.only("organization")]
        super().remove()

        def remove_files():
            for folder, export_id in folders:
                files.remove(folder, export_id)

        transaction.on_commit(remove_files)


class ExportJob(ExportOptions, Followed, Job):
    noun = "export"
    is_seen_by_all_in = staticmethod(can_see_all_exports)
    queue = "exports"
    doorbell = "exports.tasks.run_export"
    time_limit = timedelta(minutes=30)
    organization_path = "organization"
    person_path = "requested_by"

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="exports", db_index=False, verbose_name=_("organization")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="exports",
        db_index=False,
        verbose_name=_("requested by"),
    )
    notify = models.BooleanField(_("e-mail when it is done"), default=False)
    file = models.CharField(
        _("file"), max_length=100, blank=True, editable=False
    )  # its name in the organization's folder
    size = models.PositiveBigIntegerField(_("size in bytes"), null=True, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, editable=False)
    saved_export = models.ForeignKey(
        SavedExport, models.SET_NULL, null=True, related_name="runs", editable=False, verbose_name=_("saved export")
    )
    slot = models.DateTimeField(_("slot"), null=True, editable=False)  # of its saved_export

    objects = ExportJobQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("export"), _("exports")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["organization", "-id"], name="exportjob_newest"),
            models.Index(fields=["organization", "created_at", "id"], name="exportjob_of_organization"),
            models.Index(fields=["requested_by", "created_at", "id", "organization"], name="exportjob_of_person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["saved_export", "slot"], name="exportjob_once_a_slot"),
            models.CheckConstraint(condition=models.Q(export_format__in=Format.values), name="exportjob_format"),
            models.CheckConstraint(
                condition=~models.Q(status="done") | (~models.Q(file="") & models.Q(size__isnull=False)),
                name="exportjob_done_has_file",
            ),
        ]

    @property
    def title(self):
        return gettext("%(format)s export of %(organization)s's tasks") % {
            "format": self.get_export_format_display(),
            "organization": self.organization,
        }

    @classmethod
    def start(cls, organization, user, **wanted):
        """Ask for an export. `wanted`: `ExportOptions` and others of its columns. Returns the job.

        Raises TooManyExports where `user` has LIMIT unfinished ones.
        """
        with transaction.atomic():
            # Two requests of one person at once stand in line here (on SQLite already at BEGIN IMMEDIATE).
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            if cls.objects.unfinished().filter(requested_by=user).count() >= LIMIT:
                raise TooManyExports(
                    gettext(
                        "You have %(number)d unfinished exports, as many as one may have. Wait for one, or cancel one."
                    )
                    % {"number": LIMIT}
                )
            return cls.ask(organization, user, **wanted)

    @classmethod
    @transaction.atomic
    def ask(cls, organization, user, **wanted):
        """As `start`, however many there are."""
        cls.objects.superseded(organization, user).remove()
        job = cls.objects.create(organization=organization, requested_by=user, **wanted)
        recurring = {"recurring": job.saved_export.name} if job.saved_export else {}
        details = {"title": job.download_name, "filters": job.filters, **recurring}
        AuditEntry.note(user, "exported", job.label, organization=organization, **details)
        return job

    def note_download(self, user):
        """Write down that `user` fetches the file, unless they did within the last hour: who resumes a download, or
        fetches it in parts, asks many times."""
        target = {"target": self.label, "actor": user, "action": "downloaded"}
        with transaction.atomic():
            if not AuditEntry.objects.filter(**target, at__gt=timezone.now() - timedelta(hours=1)).exists():
                AuditEntry.note(
                    user, "downloaded", self.label, organization=self.organization, title=self.download_name
                )

    # ---- where the file is

    @property
    def folder(self) -> Path:
        return files.folder(self.organization_id)

    @property
    def path(self) -> Path:
        return self.folder / self.file

    @property
    def has_file(self) -> bool:
        return self.status == Status.DONE and self.path.is_file()

    @property
    def download_name(self):
        return f"{self.organization.slug}-tasks-export-{self.pk}.{self.export_format}"

    @property
    def content_type(self):
        kind, gzipped = writers.FORMATS[self.export_format]
        return "application/gzip" if gzipped else kind.content_type

    # ---- how far it is

    @property
    def seconds(self) -> float | None:
        """How long the last attempt has run, or ran."""
        return self.started_at and ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    @property
    def took(self) -> str:
        return in_words(self.seconds) if self.seconds is not None else ""

    @property
    def pace(self) -> str:
        """Rows per second and the time left, for people; empty while neither is known."""
        if self.status != Status.RUNNING or not (self.progress and self.total and self.seconds):
            return ""
        rate = self.progress / self.seconds
        return gettext("%(rate)s rows/s, %(time)s left") % {
            "rate": f"{rate:,.0f}",
            "time": in_words((self.total - self.progress) / rate),
        }

    # ---- the work

    def perform(self):
        self.tell_change()
        tasks, columns = self.permitted_tasks(), self.known_columns()
        # The attempt is in the name: a worker that lost its lease cannot touch what its successor writes.
        files.remove(self.folder, self.pk, range(self.attempt))  # what those that were killed have left
        name = f"{self.pk}-{self.attempt}.{self.export_format}"
        try:
            with files.written_whole(self.folder / name) as file:
                written = writers.write(file, tasks, columns, self.export_format, bom=self.bom, beat=self.heartbeat)
                if written.rows != written.total:
                    raise RuntimeError(f"{written.rows} rows were written of {written.total}")
            with files.written_whole(self.folder / f"{name}.json") as file:
                file.write(self.manifest(written))
            self.heartbeat(progress=written.rows)
        except BaseException:
            files.remove(self.folder, self.pk, [self.attempt])
            raise
        return {"file": name, "size": written.size, "sha256": written.sha256}

    def finish(self, **columns):
        try:
            super().finish(**columns)
        except AttemptOver:  # cancelled after the last heartbeat
            files.remove(self.folder, self.pk, [self.attempt])
            raise

    def permitted_tasks(self):
        """The tasks that are asked for, in order. Raises JobFailed where the requester may not have them (any more)."""
        if not self.is_allowed():
            raise JobFailed(gettext("Whoever asked for this export may no longer export this organization's tasks."))
        form = self.task_filter()
        if not form.is_valid():
            words = " ".join(message for messages in form.errors.values() for message in messages)
            raise JobFailed(gettext("The filters do not fit any more: %(errors)s") % {"errors": words})
        return form.queryset()

    def ended(self):
        """Write to whoever waits, if there is still something for them to fetch or to read."""
        with transaction.atomic():
            person, kind = self.requested_by, mail.KINDS[self.status]
            waited = self.finished_at - self.created_at
            if (self.notify or waited > LONG) and self.is_allowed() and preferences.wants(person, kind):
                subject, text, html = mail.write(kind, self)
                outbox.post(kind, self.mail_key, to=person.email, user=person, subject=subject, text=text, html=html)

    @property
    def mail_key(self):
        """Names the e-mail about its end."""
        return f"export:{self.pk}:{self.status}:user:{self.requested_by_id}"

    def manifest(self, written) -> bytes:
        """What is in the file, for whoever finds it later."""
        manifest = {
            "export": self.pk,
            "organization": self.organization.slug,
            "requested_by": self.requested_by.email,
            "requested_at": self.created_at.isoformat(),
            "filters": self.filters,
            "columns": self.columns,
            "format": self.export_format,
            "time_zone": "UTC",
            "rows": written.rows,
            "bytes": written.size,
            "sha256": written.sha256,
            "written_at": timezone.now().isoformat(),
        }
        return json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"


def is_still_wanted(email) -> bool:
    """Asked just before the e-mail about an export leaves: does it lead to something that the person may see?"""
    job = ExportJob.objects.filter(pk=email.key.split(":")[1]).first()
    return job is not None and job.is_allowed()


def in_words(seconds: float) -> str:
    """A time for people: “1.5 s”, “42 s”, “3 min”."""
    if seconds < 90:
        return gettext("%(seconds)s s") % {"seconds": f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"}
    return gettext("%(minutes)s min") % {"minutes": f"{seconds / 60:.0f}"}
