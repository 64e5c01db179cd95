"""Changing many tasks at once, and undoing that.

    start ──► a few: in the request ──────────────────► done ──undo──► another bulk edit, which undoes this one
         └──► many: pending ──► batches on a worker ──┘

The row names the very tasks that somebody chose, so that what is done does not depend on who changes what meanwhile. A
second attempt finds the tasks of the first one changed already, and leaves them alone.
"""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from jobs.errors import JobFailed
from jobs.models import Job
from jobs.models import Status as JobStatus
from orgs import permissions
from orgs.models.organization import Organization
from orgs.models.task import Priority, Status, Task

#: Tasks that one bulk edit may change.
LIMIT = 10_000
#: Tasks that are changed in one transaction. No more than these are changed within the request.
BATCH = 200
#: Unfinished ones that one person may have.
UNFINISHED_LIMIT = 3
#: How long whoever changed tasks may undo it.
UNDO_WITHIN = timedelta(hours=1)


class CannotUndo(Exception):
    """The message says why."""


class TooManyBulkEdits(Exception):
    """The person has as many unfinished ones as one may have; the message says so."""


class BulkEdit(Job):
    queue = "emails"
    doorbell = "orgs.tasks.run_bulk_edit"
    organization_path = "organization"
    person_path = "requested_by"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="bulk_edits", db_index=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="bulk_edits", db_index=False
    )
    tasks = models.JSONField()  # their ids
    #: What they get, by column: {"status": "done", "assigned_to": 7}. Empty for one that undoes.
    values = models.JSONField(default=dict)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")
    changed = models.PositiveIntegerField(_("tasks that were changed"), default=0)

    class Meta(Job.Meta):
        verbose_name = _("bulk edit")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["organization", "created_at", "id"], name="bulkedit_of_organization"),
            models.Index(fields=["requested_by", "created_at", "id", "organization"], name="bulkedit_of_person"),
        ]

    @property
    def title(self):
        number = len(self.tasks)
        if self.undoes_id:
            words = ngettext(
                "Undo a change of %(number)d task of %(organization)s",
                "Undo a change of %(number)d tasks of %(organization)s",
                number,
            )
        else:
            words = ngettext(
                "Change %(number)d task of %(organization)s", "Change %(number)d tasks of %(organization)s", number
            )
        return words % {"number": number, "organization": self.organization}

    @classmethod
    def start(cls, organization, user, tasks, *, values=None, undoes=None):
        """Change the tasks with these ids, in the name of `user`: at once where they are few. Returns the BulkEdit.

        Raises TooManyBulkEdits where they are many and `user` has UNFINISHED_LIMIT such edits, and ValidationError
        where whoever is to get the tasks is no member any more.
        """
        edit = cls(organization=organization, requested_by=user, tasks=tasks, values=values or {}, undoes=undoes)
        if len(tasks) > BATCH:
            edit.total = len(tasks)
            edit.wait_in_line()
            return edit
        with transaction.atomic():
            edit.status = JobStatus.DONE
            edit.started_at = edit.finished_at = timezone.now()
            edit.progress = edit.total = len(tasks)
            edit.save()
            edit.apply(tasks)
            edit.changed = edit.count_changed()
            edit.save(update_fields=["changed"])
        return edit

    def wait_in_line(self):
        with transaction.atomic():
            # Two requests of one person at once stand in line here (on SQLite already at BEGIN IMMEDIATE).
            User.objects.select_for_update(no_key=True).get(pk=self.requested_by_id)
            if BulkEdit.objects.unfinished().filter(requested_by=self.requested_by_id).count() >= UNFINISHED_LIMIT:
                words = gettext(
                    "You have %(number)d unfinished changes of many tasks, as many as one may have. Wait for one."
                )
                raise TooManyBulkEdits(words % {"number": UNFINISHED_LIMIT})
            self.save()

    def perform(self):
        self._require_known_values()
        for start in range(0, len(self.tasks), BATCH):
            self.heartbeat(progress=start, total=len(self.tasks))
            try:
                with transaction.atomic():
                    self._require_permission()
                    self.apply(self.tasks[start : start + BATCH])
            except ValidationError as error:
                raise JobFailed(_("Whoever was to get these tasks is no longer a member.")) from error
        self.heartbeat(progress=len(self.tasks))
        return {"changed": self.count_changed()}

    def _require_permission(self):
        """Raise JobFailed unless whoever asked for it may still change tasks: it may wait, and go on, for a while."""
        members = self.organization.memberships.filter(user=self.requested_by_id, user__is_active=True)
        if not permissions.can_write_tasks(members.values_list("role", flat=True).first()):
            raise JobFailed(_("Whoever asked for this change may no longer change this organization's tasks."))

    def _require_known_values(self):
        """Raise JobFailed where this release has no such columns, or values of them, as the one that wrote the row."""
        known = {"status": Status.values, "priority": Priority.values}
        for name, value in self.values.items():
            if name != "assigned_to" and value not in known.get(name, ()):
                raise JobFailed(_("Tasks have no such columns or values any more. Change them anew."))

    def apply(self, ids):
        """Change, or change back, the tasks with these ids, as far as they still are the organization's. Within a
        transaction."""
        tasks = Task.objects.filter(organization=self.organization_id, pk__in=ids)
        if self.undoes_id:
            self.undoes.changes.filter(task__in=tasks).undo(self.requested_by, bulk_edit=self)
        else:
            tasks.change(self.requested_by, bulk_edit=self, **self.values_of_tasks())

    def values_of_tasks(self):
        """`values` with the person as a User. Raises ValidationError where they are no member any more."""
        values = dict(self.values)
        if values.get("assigned_to"):
            values["assigned_to"] = self.organization.hold_member(values["assigned_to"]).user
        return values

    def count_changed(self):
        return self.changes.values("task").distinct().count()

    # ---- undoing it

    def can_undo(self, user) -> bool:
        """Whether `user` may undo it now: whoever did it, once it has ended, for an hour."""
        return (
            self.requested_by_id == user.pk
            and not self.undoes_id
            and not self.is_unfinished
            and timezone.now() - self.finished_at < UNDO_WITHIN
            and not BulkEdit.objects.filter(undoes=self).exists()
        )

    def undo(self, user):
        """Change the tasks back, but for those that somebody has changed since. Returns the BulkEdit that does it.

        Raises CannotUndo, and TooManyBulkEdits as `start` does.
        """
        if not self.can_undo(user):
            raise CannotUndo(_("This change can no longer be undone: an hour has passed, or it has been undone."))
        tasks = list(self.changes.order_by("task").values_list("task", flat=True).distinct())
        try:
            with transaction.atomic():
                return BulkEdit.start(self.organization, user, tasks, undoes=self)
        except IntegrityError as error:  # somebody pressed the button twice
            raise CannotUndo(_("This change has just been undone.")) from error
