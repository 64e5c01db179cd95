import datetime

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from orgs.models.organization import Organization


class Status(models.TextChoices):
    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    DONE = "done", "Done"


class Priority(models.IntegerChoices):
    URGENT = 1, "Urgent"
    HIGH = 2, "High"
    NORMAL = 3, "Normal"
    LOW = 4, "Low"


def _index(name, *fields):
    """An Index of an organization's tasks by `fields`.

    It ends with whatever else the list compares or sorts by, which therefore reads rows of the table only to show them.
    """
    compared = ("is_done", "status", "priority", "assigned_to", "due_order", "created_at")
    rest = [field for field in compared if field not in fields and f"-{field}" not in fields]
    return models.Index(name=name, fields=["organization", *fields, *rest])


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

    def complete(self):
        """Mark the task done. Of several who do so at once the first one's time stands."""
        now = timezone.now()
        Task.objects.filter(pk=self.pk).exclude(status=Status.DONE).update(
            status=Status.DONE, completed_at=now, updated_at=now
        )
        self.refresh_from_db(fields=["status", "completed_at", "updated_at"])

    def reopen(self):
        """Make a done task open again; one that is not done stays as it is."""
        Task.objects.filter(pk=self.pk, status=Status.DONE).update(
            status=Status.OPEN, completed_at=None, updated_at=timezone.now()
        )
        self.refresh_from_db(fields=["status", "completed_at", "updated_at"])
