import datetime
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from orgs.models import arrival
from orgs.models.change import TaskChange
from orgs.models.organization import Organization
from realtime.models import Event


class Status(models.TextChoices):
    OPEN = "open", pgettext_lazy("status", "Open")
    IN_PROGRESS = "in_progress", pgettext_lazy("status", "In progress")
    DONE = "done", pgettext_lazy("status", "Done")


class Priority(models.IntegerChoices):
    URGENT = 1, pgettext_lazy("priority", "Urgent")
    HIGH = 2, pgettext_lazy("priority", "High")
    NORMAL = 3, pgettext_lazy("priority", "Normal")
    LOW = 4, pgettext_lazy("priority", "Low")


def _index(name, *fields):
    """An Index of an organization's tasks by `fields`.

    It ends with whatever else the list compares or sorts by, which therefore reads rows of the table only to show them.
    """
    compared = ("is_done", "status", "priority", "assigned_to", "due_order", "created_at")
    rest = [field for field in compared if field not in fields and f"-{field}" not in fields]
    return models.Index(name=name, fields=["organization", *fields, *rest])


class TaskQuerySet(models.QuerySet):
    def hold(self):
        """Wait for whoever writes these tasks just now; until the transaction ends, others wait for it.

        All who write tasks take them in this order, and all that they write before they tell of it (`Event`): in two
        orders they would wait for each other. (On SQLite they already stand in line at BEGIN IMMEDIATE.)
        """
        list(self.select_for_update(no_key=True).order_by("pk").values_list("pk"))

    def change(self, actor, *, bulk_edit=None, **values) -> list[TaskChange]:
        """Give these tasks, all of one organization, other `values` in some columns, a person as a User.

        What changes is noted in their history and told to open pages, in one transaction; who has the value already is
        left alone. One transaction holds all of them: pass a few hundred at most. Returns the changes.
        """
        now = timezone.now()
        with transaction.atomic():
            tasks = self.select_related("assigned_to").select_for_update(of=("self",), no_key=True).order_by("pk")
            if "description" not in values:
                tasks = tasks.defer("description")
            changes = [
                TaskChange.of(task, column, value, actor=actor, at=now, bulk_edit=bulk_edit)
                for task in tasks
                for column, value in values.items()
                if getattr(task, column) != value
            ]
            if not changes:
                return []
            changed = self.model.objects.filter(pk__in={change.task_id for change in changes})
            if "status" in values:
                # Of several who complete a task the first one's time stands.
                done = models.Case(models.When(status=Status.DONE, then="completed_at"), default=models.Value(now))
                values["completed_at"] = done if values["status"] == Status.DONE else None
            changed.update(**values, updated_at=now)
            TaskChange.objects.bulk_create(changes)
            _tell(changes, actor, bulk_edit)
        return changes


class TaskManager(models.Manager.from_queryset(TaskQuerySet)):
    def get_queryset(self):
        queryset = super().get_queryset()
        queryset.query = _visible().chain()
        return queryset


@cache
def _visible():
    """The query for all but what is coming. To build it takes ten times as long as to copy it, and a page does several
    times."""
    return models.QuerySet(Task).exclude(arrival.coming()).query


def _tell(changes, actor, bulk_edit):
    tasks = {change.task_id for change in changes}
    ids = {"task": changes[0].task_id} if len(tasks) == 1 else {"count": len(tasks)}
    if bulk_edit and bulk_edit.is_unfinished:  # who did it sees it later than the page that followed
        ids["bulk_edit"] = bulk_edit.pk
    Event.tell("task.changed", organization_id=changes[0].task.organization_id, actor=actor, **ids)


class Task(models.Model):
    """A member's to-do. (Background work is a `jobs.models.Job`.)"""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="tasks", db_index=False)
    title = models.CharField(max_length=200)
    # A spreadsheet's cell holds 32,767 UTF-16 units (ECMA-376; Excel's limits page): whatever fits here fits there.
    description = models.TextField(max_length=10_000, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    # Neither person has an index of its own: only deleting an account would use it, and every task would pay for it.
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_tasks",
        db_index=False,
    )
    due_date = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="created_tasks",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Sorting by due date pages by comparing with the last row seen, which NULL cannot do: no date sorts last.
    due_order = models.GeneratedField(
        expression=Coalesce("due_date", models.Value(datetime.date(9999, 12, 31))),
        output_field=models.DateField(),
        db_persist=True,
    )
    # 1 or 0: "open or in progress" would be two places of an index on `status`, and so no order. (Django compares a
    # boolean in a way that SQLite has no index for.)
    is_done = models.GeneratedField(
        expression=models.Case(models.When(status=Status.DONE, then=models.Value(1)), default=models.Value(0)),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )

    objects = TaskManager()

    #: The orders of the list. Each ends with the id, so that no two rows are equal and paging is exact.
    ORDERS = {
        "newest": ("-created_at", "-id"),
        "oldest": ("created_at", "id"),
        "due": ("due_order", "id"),
        "priority": ("priority", "id"),
    }

    class Meta:
        # One index per order of the list, two of them again for what is done and what is not, and one for "my tasks".
        # Of two that seem equal to it, SQLite takes the older one (see orgs/listing.py).
        indexes = [
            _index("orgs_task_done_newest", "is_done", "-created_at", "-id"),
            _index("orgs_task_newest", "-created_at", "-id"),
            _index("orgs_task_done_due", "is_done", "due_order", "id"),
            _index("orgs_task_due", "due_order", "id"),
            _index("orgs_task_priority", "priority", "id"),
            _index("orgs_task_assigned", "assigned_to", "-created_at", "-id"),
            # What somebody has to do, in all organizations.
            models.Index(
                fields=["assigned_to", "due_order", "id", "organization"],
                condition=~models.Q(status=Status.DONE),
                name="orgs_task_mine",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="orgs_task_status_known"),
            models.CheckConstraint(condition=models.Q(priority__in=Priority.values), name="orgs_task_priority_known"),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        """As Django's; `completed_at` follows the status, whichever way that has been changed."""
        if self.status != Status.DONE:
            self.completed_at = None
        elif self.completed_at is None:
            self.completed_at = timezone.now()
        super().save(*args, **kwargs)

    # ---- what people do with it: each verb notes it in the history and tells open pages

    def add(self):
        """Put a new task on its organization's list, as `created_by`. Raises ValidationError where whoever is to get it
        is no member any more."""
        with transaction.atomic():
            if self.assigned_to_id:
                self.organization.hold_member(self.assigned_to_id)
            self.save(force_insert=True)
            Event.tell("task.changed", organization_id=self.organization_id, actor=self.created_by, task=self.pk)

    def change(self, actor=None, **values):
        """Give it other `values` in some columns. Returns the TaskChanges. Raises DoesNotExist where it is gone, and
        ValidationError where whoever is to get it is no member any more; who has it already may keep it."""
        stored = Task.objects.filter(pk=self.pk)
        with transaction.atomic():
            if assignee := values.get("assigned_to"):
                try:
                    self.organization.hold_member(assignee.pk)
                except ValidationError:
                    if not stored.filter(assigned_to=assignee).exists():
                        raise
            return self._follow(stored.change(actor, **values), "title", *values)

    def complete(self, actor=None):
        """Mark the task done. Of several who do so at once the first one's time stands."""
        return self.change(actor, status=Status.DONE)

    def reopen(self, actor=None):
        """Make a done task open again; one that is not done stays as it is."""
        done = Task.objects.filter(pk=self.pk, status=Status.DONE)
        return self._follow(done.change(actor, status=Status.OPEN), "status")

    def remove(self, actor):
        """Delete it, with its history."""
        task_id = self.pk
        with transaction.atomic():
            # Whoever changes it just now adds to its history, of which nothing may be left without it.
            Task.objects.filter(pk=task_id).hold()
            self.delete()  # first: see `hold`
            Event.tell("task.changed", organization_id=self.organization_id, actor=actor, task=task_id)

    def _follow(self, changes, *columns):
        self.refresh_from_db(fields=[*columns, "completed_at", "updated_at"])
        return changes
