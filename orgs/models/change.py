import json

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User


class TaskChangeQuerySet(models.QuerySet):
    def undo(self, actor, bulk_edit=None) -> list["TaskChange"]:
        """Give the tasks back what these changes took, where what they brought still stands: never over a later change.

        Undoing is a change too. Returns those changes.
        """
        groups: dict[tuple, list[TaskChange]] = {}
        for change in self.order_by("pk"):
            groups.setdefault((change.field, json.dumps([change.old, change.new])), []).append(change)
        tasks = {change.task_id for changes in groups.values() for change in changes}
        with transaction.atomic():
            self._tasks.objects.filter(pk__in=tasks).hold()  # before the first group tells of itself
            return [undone for changes in groups.values() for undone in self._undo_alike(changes, actor, bulk_edit)]

    @property
    def _tasks(self):
        """The model of the tasks, which stands above this module."""
        return self.model._meta.get_field("task").related_model

    def _undo_alike(self, changes, actor, bulk_edit):
        """Undo `changes` of one column, which have the same old and the same new value."""
        field, old, new = changes[0].field, changes[0].old, changes[0].new
        task_model = self._tasks
        if field == "assigned_to":
            old, new = (value and User.objects.filter(pk=value["id"]).first() for value in (old, new))
            if changes[0].old and not old:
                return []  # the account is gone: nobody to give the tasks back to
        else:
            old, new = (task_model._meta.get_field(field).to_python(value) for value in (old, new))
        tasks = task_model.objects.filter(pk__in=[change.task_id for change in changes], **{field: new})
        undone = tasks.change(actor, bulk_edit=bulk_edit, **{field: old})
        completed = {change.task_id: change.completed_at for change in changes if change.completed_at}
        for change in undone:
            if change.task_id in completed:
                task_model.objects.filter(pk=change.task_id).update(completed_at=completed[change.task_id])
        return undone


class TaskChange(models.Model):
    """Another value in one column of a task: whose doing, and when. Written in the transaction that changes it.

    What a task was created with is no change. Values are as JSON has them; a person is {"id": …, "name": …}, so that
    the name is there when the account is gone.
    """

    # No index of its own for either person: only deleting an account would use it (see Task).
    task = models.ForeignKey("orgs.Task", models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    #: None for what the installation did by itself, or somebody in its shell.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    actor_name = models.CharField(max_length=255)
    field = models.CharField(max_length=20)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    #: When the task had been completed, where this change made it unfinished: for undoing it.
    completed_at = models.DateTimeField(null=True)
    bulk_edit = models.ForeignKey("orgs.BulkEdit", models.SET_NULL, null=True, related_name="changes", db_index=False)

    objects = TaskChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["task", "-id"], name="orgs_taskchange_newest"),
            models.Index(
                fields=["bulk_edit", "task"], condition=models.Q(bulk_edit__isnull=False), name="orgs_taskchange_bulk"
            ),
        ]

    def __str__(self):
        return f"{self.actor_name} {self.words}"

    @classmethod
    def of(cls, task, field, value, *, actor, at, bulk_edit):
        """The change, not saved, that gives `task` another `value` in the column `field`."""
        return cls(
            task=task,
            at=at,
            actor=actor,
            actor_name=str(actor)[:255] if actor else "Roost",
            field=field,
            old=_as_json(getattr(task, field)),
            new=_as_json(value),
            completed_at=task.completed_at if field == "status" else None,
            bulk_edit=bulk_edit,
        )

    @property
    def together(self):
        """All changes of the edit that this one belongs to."""
        return TaskChange.objects.filter(task=self.task_id, at=self.at, actor=self.actor_id)

    @property
    def edit(self):
        """What is the same for all changes of one edit, of this task."""
        return self.at, self.actor_id

    @property
    def who(self):
        return str(self.actor or self.actor_name)

    @property
    def words(self):
        """What was changed, for people: “changed the status from Open to Done”."""
        return self._sentence % {"old": self._word(self.old), "new": self._word(self.new)}

    @property
    def _sentence(self):
        match self.field:
            case "title":
                return _("changed the title from “%(old)s” to “%(new)s”")
            case "description":
                return _("changed the description") if self.old else _("wrote a description")
            case "assigned_to" if self.new is None:
                return _("took it from %(old)s")
            case "assigned_to":
                return _("assigned it to %(new)s instead of %(old)s") if self.old else _("assigned it to %(new)s")
            case "due_date" if self.new is None:
                return _("removed the due date %(old)s")
            case "due_date" if self.old is None:
                return _("set the due date to %(new)s")
            case "due_date":
                return _("changed the due date from %(old)s to %(new)s")
            case "priority":
                return _("changed the priority from %(old)s to %(new)s")
        return _("changed the status from %(old)s to %(new)s")

    @property
    def _column(self):
        return self._meta.get_field("task").related_model._meta.get_field(self.field)

    def _word(self, value):
        if value is None:
            return ""
        if self.field == "assigned_to":
            return value["name"]
        if self.field == "due_date":
            return date_format(self._column.to_python(value), _("j M Y"))
        return str(dict(self._column.flatchoices).get(value, value))


def _as_json(value):
    if isinstance(value, User):
        return {"id": value.pk, "name": str(value)}
    return value.isoformat() if hasattr(value, "isoformat") else value
