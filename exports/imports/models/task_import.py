"""An import of tasks: what was asked for, how far it is, and how it ended."""

import csv
import io
from array import array
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.db.utils import OperationalError

from accounts.models import User
from exports.files import written_whole
from exports.imports import mail
from exports.imports.fields import FIELDS, Context, People, RowReader, plain
from exports.imports.models import staged
from exports.imports.models.rejected import SHOWN, RejectedRow, describe
from exports.imports.models.upload import Upload, folder
from exports.imports.reading import BadFile
from exports.writers.dialects import FORMULA
from jobs.errors import AttemptOver, JobFailed
from jobs.models import Job, JobQuerySet, Status
from mail import outbox, preferences
from orgs.models import AuditEntry, Organization, Role
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


class TaskImport(Job):
    queue = "exports"
    doorbell = "exports.imports.tasks.run_import"
    time_limit = timedelta(minutes=30)
    organization_path = "organization"
    person_path = "requested_by"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="imports", db_index=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="imports", db_index=False
    )
    upload = models.ForeignKey(Upload, models.SET_NULL, null=True, related_name="imports")
    name = models.CharField(max_length=200)  # of the file, which is gone before the import is
    mapping = models.JSONField()  # the position of its column by the field's name
    leave_out_unknown = models.BooleanField(default=False)  # people who are no members, instead of rejecting the row
    imported = models.PositiveIntegerField(default=0, editable=False)  # all rows, or 0
    rejected = models.PositiveIntegerField(default=0, editable=False)

    objects = TaskImportQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name = "import"
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
        return f"Import of {self.name} into {self.organization}"

    @property
    def state(self):
        """Its status in words: what was done may be to refuse the file."""
        return "Rejected" if self.rejected else "Imported" if self.status == Status.DONE else super().state

    @property
    def outcome(self):
        """ "imported" or "rejected" once it is done, else empty."""
        return "" if self.status != Status.DONE else "rejected" if self.rejected else "imported"

    @classmethod
    def start(cls, upload, user, **wanted):
        """Import the tasks of an Upload. `wanted`: its `mapping` and others of its columns. Returns the job.

        Raises TooManyImports where `user` has LIMIT unfinished ones, and Refused where this file is being imported, or
        has been.
        """
        with transaction.atomic():
            # Two requests of one person at once stand in line here (on SQLite already at BEGIN IMMEDIATE).
            User.objects.select_for_update().get(pk=user.pk)
            upload = Upload.objects.select_for_update().select_related("organization").get(pk=upload.pk)
            if cls.objects.unfinished().filter(upload=upload).exists():
                raise Refused("This file is being imported already.")
            if upload.imports.filter(imported__gt=0).exists():
                raise Refused("This file has been imported. Send it again to have its tasks a second time.")
            if cls.objects.unfinished().filter(requested_by=user).count() >= LIMIT:
                raise TooManyImports(
                    f"You have {LIMIT} unfinished imports, as many as one may have. Wait for one, or cancel one."
                )
            job = cls.objects.create(
                organization=upload.organization,
                requested_by=user,
                upload=upload,
                name=upload.name,
                total=upload.row_count,
                **wanted,
            )
            job.tell()
            return job

    def tell(self):
        """Tell whoever may see it that it has changed."""
        managers = models.Q(role__in=[Role.OWNER, Role.ADMIN])
        people = self.organization.memberships.filter(managers | models.Q(user=self.requested_by_id))
        Event.tell_people(
            "import.changed",
            people.values_list("user_id", flat=True),
            organization_id=self.organization_id,
            **{"import": self.pk, "status": self.status},
        )

    def cancel(self):
        with transaction.atomic():
            cancelled = super().cancel()
            if cancelled:
                self.tell()
        return cancelled

    # ---- where the rejected rows are

    def files(self, attempts="*") -> list[Path]:
        return list(folder(self.organization_id).glob(f"{self.pk}-{attempts}.rejected.csv"))

    @property
    def path(self) -> Path:
        """The file of the rejected rows."""
        return folder(self.organization_id) / f"{self.pk}-{self.attempt}.rejected.csv"

    @property
    def has_file(self):
        return bool(self.rejected) and self.path.is_file()

    @property
    def download_name(self):
        return f"{self.organization.slug}-import-{self.pk}-rejected-rows.csv"

    # ---- the work

    def perform(self):
        self.check_permission()
        self.clear()
        try:
            rejected, numbers = self.check_rows()
            if not rejected:
                self.stage_rows(numbers)
        except BadFile as error:  # it could be read when it was sent
            raise JobFailed(str(error)) from error
        except FileNotFoundError as error:
            raise JobFailed("The file is no longer there. Send it again.") from error
        except AttemptOver:
            self.leave()
            raise
        self.check_permission()
        return {"imported": 0 if rejected else len(numbers), "rejected": rejected, "total": self.total}

    def finish(self, **columns):
        """All of it at once: the tasks, that they are there, and who is told. Whatever is killed before the commit has
        done nothing."""
        try:
            with transaction.atomic():
                super().finish(**columns)
                if columns["imported"]:
                    self.insert(columns["imported"])
        except AttemptOver:  # cancelled after the last heartbeat
            self.leave()
            raise
        with suppress(OperationalError):  # else the schedule does it
            staged.discard(self.staged.all())

    def insert(self, expected):
        inserted = staged.insert(self, self.attempt)
        if inserted != expected:
            raise RuntimeError(f"{inserted} tasks were staged of {expected}")
        person = self.requested_by
        AuditEntry.note(person, "imported", self.label, organization=self.organization, file=self.name, tasks=inserted)
        Event.tell("task.changed", organization_id=self.organization_id, actor=person, count=inserted)

    def check_permission(self):
        """Raises JobFailed where the requester may not import it (any more)."""
        if not self.is_allowed():
            raise JobFailed("Whoever asked for this import may no longer import tasks here.")

    def is_allowed(self) -> bool:
        person = self.requested_by
        role = person and person.is_active and self.organization.role_of(person)
        keeps_history = any(FIELDS[name].history for name in self.mapping)
        return bool(role) and can_import_tasks(role) and (can_keep_history(role) or not keeps_history)

    def clear(self):
        """Remove what attempts that were killed have left."""
        if self.upload is None:
            raise JobFailed("The file is no longer there. Send it again.")
        staged.discard(self.staged.filter(attempt__lt=self.attempt), self.heartbeat)
        self.rejected_rows.filter(attempt__lt=self.attempt).delete()
        unlink(path for attempt in range(self.attempt) for path in self.files(attempt))

    def leave(self):
        """Remove what this attempt has written; another one may be at work already."""
        staged.discard(self.staged.filter(attempt=self.attempt))
        self.rejected_rows.filter(attempt=self.attempt).delete()
        unlink([self.path])

    def reader(self):
        people = People(self.organization, unknown_is_nobody=self.leave_out_unknown)
        context = Context(people, self.requested_by.zone, now=self.created_at)
        return RowReader(self.mapping, context, self.requested_by_id)

    def check_rows(self):
        """Check every row. Returns how many are rejected, and the tasks' numbers in the file (0 where it has none)."""
        numbers, rejects = array("q"), Rejects(self)
        with written_whole(self.path) as file:
            for done, (line, task, errors, cells) in enumerate(self.read_rows(), 1):
                numbers.append(task.get("id") or 0)
                if errors:
                    rejects.add(file, line, cells, errors)
                self.heartbeat(progress=done // 2)  # the other half is writing
        rejects.save()
        if not rejects.count:
            unlink([self.path])
        self.total = len(numbers)
        return rejects.count, numbers

    def read_rows(self):
        """Yields (line, columns of a task, errors, cells)."""
        reader, width = self.reader(), len(self.upload.header())
        for line, cells in self.upload.rows():
            if len(cells) > width and not any(cells[width:]):
                cells = cells[:width]  # a spreadsheet's empty columns
            if len(cells) == width:
                yield line, *reader.read(cells), cells
            else:
                yield line, {}, [("", f"{len(cells)} cells, where the first line has {width}")], cells

    def stage_rows(self, numbers):
        """Write all rows where they are ready to become tasks."""
        ids = in_order(numbers, staged.reserve(len(numbers)))
        rows = (self.staged_row(task_id, task) for task_id, (_, task, _, _) in zip(ids, self.read_rows(), strict=True))
        done = 0
        while batch := list(islice(rows, staged.BATCH)):
            staged.stage(batch)
            done += len(batch)
            self.heartbeat(progress=(len(numbers) + done) // 2)

    def staged_row(self, task_id, task):
        return [
            *(task_id, self.pk, self.attempt, self.organization_id),
            *(task["title"], task["description"], task["status"], task["priority"], task["assigned_to"]),
            *(task["due_date"], task["created_by"], task["created_at"], task["updated_at"], task["completed_at"]),
        ]

    def ended(self):
        """Tell whoever may see it, and write to whoever has waited long."""
        with transaction.atomic():
            self.tell()
            person, kind = self.requested_by, mail.IMPORT_ENDED
            if self.finished_at - self.created_at > LONG and self.is_allowed() and preferences.wants(person, kind):
                subject, text, html = mail.write(self)
                key = f"import:{self.pk}:{self.attempt}:user:{self.requested_by_id}"
                outbox.post(kind, key, to=person.email, user=person, subject=subject, text=text, html=html)


def in_order(numbers, ids):
    """The new ids of tasks that had `numbers`, row by row: in the same order as these. Without numbers the first row
    gets the highest, since a list, and an export, begin with the newest."""
    rows = range(len(numbers))
    rising = sorted(rows, key=numbers.__getitem__) if all(numbers) else reversed(rows)
    placed = array("q", bytes(8 * len(numbers)))
    for row, new in zip(rising, ids, strict=True):
        placed[row] = new
    return placed


class Rejects:
    """Collects rejected rows: all in a file, the first ones in the database."""

    def __init__(self, job):
        self.job = job
        self.count = 0
        self.waiting = []

    def add(self, file, line, cells, errors):
        if not self.count:
            file.write("\ufeff".encode())  # by which Excel recognizes UTF-8
            self._write(file, [*self.job.upload.header(), "error"])
        self.count += 1
        self._write(file, [*cells, f"Line {line}: {describe(errors)}"])
        if self.count <= SHOWN:
            row = RejectedRow(task_import=self.job, attempt=self.job.attempt, line=line, errors=errors)
            self.waiting.append(row)
        if len(self.waiting) >= staged.BATCH:
            self.save()

    def save(self):
        RejectedRow.objects.bulk_create(self.waiting)
        self.waiting = []

    def _write(self, file, cells):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.job.upload.delimiter, quoting=csv.QUOTE_ALL).writerow(map(harmless, cells))
        file.write(text.getvalue().encode(errors="replace"))


def harmless(cell):
    """A cell as an export writes it: no formula (see FORMULA). One that it has written stays as it is."""
    text = plain(cell)
    return f"'{text}" if text.lstrip("'").startswith(tuple(FORMULA)) else text


def unlink(paths):
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()


def is_still_wanted(email) -> bool:
    """Asked just before the e-mail about an import leaves: does it lead to something that the person may see?"""
    job = TaskImport.objects.filter(pk=email.key.split(":")[1]).first()
    return job is not None and job.is_allowed()
