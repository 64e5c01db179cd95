"""An import of tasks: what was asked for, how far it is, and how it ended."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from exports.columns import labels
from exports.imports import mail
from exports.imports.fields import FIELDS
from exports.imports.models.traces import Traces, unlink
from exports.imports.models.upload import Upload
from exports.imports.reading import BadFile
from exports.imports.rows import RowsChanged
from exports.live import Followed
from jobs.errors import AttemptOver, JobFailed
from jobs.models import Job, JobQuerySet, Status
from mail import outbox, preferences
from orgs.models import Arrival, AuditEntry, Organization
from orgs.permissions import can_import_tasks, can_keep_history, can_see_all_imports
from realtime.models import Event

#: Unfinished imports that one person may have.
LIMIT = 3
#: Whoever waited longer for an import is told by e-mail how it ended.
LONG = timedelta(seconds=30)


class Refused(Exception):
    """The import cannot be started now; the message says why."""


class TooManyImports(Refused):
    """The person has as many unfinished imports as one may have."""


class TaskImportQuerySet(JobQuerySet):
    def visible_to(self, user, organization, role):
        """Owners and admins see all imports of the organization, others their own."""
        jobs = self.filter(organization=organization)
        return jobs if can_see_all_imports(role) else jobs.filter(requested_by=user)

    def remove(self):
        """Delete the rows, and their files once that is committed."""
        paths = [path for job in self.only("organization") for path in job.files()]
        super().remove()
        transaction.on_commit(lambda: unlink(paths))


class TaskImport(Traces, Followed, Job):
    noun = "import"
    is_seen_by_all_in = staticmethod(can_see_all_imports)
    queue = "exports"
    doorbell = "exports.imports.tasks.run_import"
    time_limit = timedelta(minutes=30)
    # Whom a row names may leave, or be deleted, before it is written: the next attempt no longer knows them.
    retryable = (*Job.retryable, RowsChanged, IntegrityError)
    organization_path = "organization"
    person_path = "requested_by"

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="imports", db_index=False, verbose_name=_("organization")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="imports",
        db_index=False,
        verbose_name=_("requested by"),
    )
    upload = models.ForeignKey(Upload, models.SET_NULL, null=True, related_name="imports", verbose_name=_("upload"))
    name = models.CharField(_("name"), max_length=200)  # of the file, which is gone before the import is
    mapping = models.JSONField(_("mapping"))  # the position of its column by the field's name
    leave_out_unknown = models.BooleanField(
        _("leave out unknown"), default=False
    )  # people who are no members, instead of rejecting the row
    #: Its tasks, before anybody sees them.
    arrival = models.ForeignKey(
        Arrival, models.SET_NULL, null=True, editable=False, related_name="imports", verbose_name=_("arrival")
    )
    imported = models.PositiveIntegerField(_("imported"), default=0, editable=False)  # all rows, or 0
    rejected = models.PositiveIntegerField(_("rejected"), default=0, editable=False)

    objects = TaskImportQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("import"), _("imports")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["organization", "-id"], name="taskimport_newest"),
            models.Index(fields=["organization", "created_at", "id"], name="taskimport_of_organization"),
            models.Index(fields=["requested_by", "created_at", "id", "organization"], name="taskimport_of_person"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(imported=0) | models.Q(rejected=0), name="imports_all_or_nothing"
            ),
        ]

    @property
    def title(self):
        return gettext("Import of %(name)s into %(organization)s") % {
            "name": self.name,
            "organization": self.organization,
        }

    @property
    def state(self):
        """Its status in words: what was done may be to refuse the file."""
        return (
            gettext("Rejected")
            if self.rejected
            else gettext("Imported")
            if self.status == Status.DONE
            else super().state
        )

    @property
    def outcome(self):
        """ "imported" or "rejected" once it is done, else empty."""
        return "" if self.status != Status.DONE else "rejected" if self.rejected else "imported"

    def described_columns(self) -> list[str]:
        """What is taken from the file, for people."""
        return labels(self.mapping)

    @classmethod
    def start(cls, upload, user, **wanted):
        """Import the tasks of an Upload. `wanted`: its `mapping` and others of its columns. Returns the job.

        Raises TooManyImports where `user` has LIMIT unfinished ones, and Refused where this file is being imported, or
        has been.
        """
        with transaction.atomic():
            # Two requests of one person at once stand in line here (on SQLite already at BEGIN IMMEDIATE).
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            upload = Upload.objects.select_for_update(no_key=True).select_related("organization").get(pk=upload.pk)
            if cls.objects.unfinished().filter(upload=upload).exists():
                raise Refused(gettext("This file is being imported already."))
            if upload.imports.filter(imported__gt=0).exists():
                raise Refused(gettext("This file has been imported. Send it again to have its tasks a second time."))
            if cls.objects.unfinished().filter(requested_by=user).count() >= LIMIT:
                raise TooManyImports(
                    gettext(
                        "You have %(number)d unfinished imports, as many as one may have. Wait for one, or cancel one."
                    )
                    % {"number": LIMIT}
                )
            return cls.objects.create(
                organization=upload.organization,
                requested_by=user,
                upload=upload,
                name=upload.name,
                total=upload.row_count,
                **wanted,
            )

    # ---- the work

    def perform(self):
        self.tell_change()
        self.check_permission()
        self.check_mapping()
        try:
            self.clear()
            rejected, numbers = self.check_rows()
            if not rejected:
                self.write_tasks(numbers)
        except BadFile as error:  # it could be read when it was sent
            raise JobFailed(str(error)) from error
        except FileNotFoundError as error:
            raise JobFailed(gettext("The file is no longer there. Send it again.")) from error
        except AttemptOver:
            self.leave()
            raise
        self.check_permission()
        return {"imported": 0 if rejected else len(numbers), "rejected": rejected, "total": self.total}

    def finish(self, **columns):
        """That it is done, that its tasks are there, and who is told: whatever is killed before this short transaction
        is committed has done nothing that anybody sees."""
        try:
            with transaction.atomic():
                super().finish(**columns)
                if columns["imported"]:
                    self.open(columns["imported"])
        except AttemptOver:  # cancelled after the last heartbeat
            self.leave()
            raise

    def open(self, count):
        self.arrival.open()
        person, details = self.requested_by, {"file": self.name, "tasks": count}
        AuditEntry.note(person, "imported", self.label, organization=self.organization, **details)
        Event.tell("task.changed", organization_id=self.organization_id, actor=person, count=count)

    def check_permission(self):
        """Raises JobFailed where the requester may not import it (any more)."""
        if not self.is_allowed():
            raise JobFailed(gettext("Whoever asked for this import may no longer import tasks here."))

    def check_mapping(self):
        """Raises JobFailed where this release has one of the columns no more."""
        unknown = [name for name in self.mapping if name not in FIELDS]
        if unknown:
            words = gettext("There is no column %(names)s any more. Choose the columns again.")
            raise JobFailed(words % {"names": ", ".join(unknown)})

    def is_allowed(self) -> bool:
        person = self.requested_by
        role = person and person.is_active and self.organization.role_of(person)
        keeps_history = any(FIELDS[name].history for name in FIELDS.keys() & self.mapping.keys())
        return bool(role) and can_import_tasks(role) and (can_keep_history(role) or not keeps_history)

    def ended(self):
        """Write to whoever has waited long."""
        with transaction.atomic():
            person, kind = self.requested_by, mail.IMPORT_ENDED
            if self.finished_at - self.created_at > LONG and self.is_allowed() and preferences.wants(person, kind):
                subject, text, html = mail.write(self)
                key = f"import:{self.pk}:{self.attempt}:user:{self.requested_by_id}"
                outbox.post(kind, key, to=person.email, user=person, subject=subject, text=text, html=html)


def is_still_wanted(email) -> bool:
    """Asked just before the e-mail about an import leaves: does it lead to something that the person may see?"""
    job = TaskImport.objects.filter(pk=email.key.split(":")[1]).first()
    return job is not None and job.is_allowed()
