from orgs.models.arrival import Arrival
from orgs.models.audit import AuditEntry
from orgs.models.bulk_edit import BulkEdit
from orgs.models.change import TaskChange
from orgs.models.invitation import Invitation
from orgs.models.organization import Membership, Organization, Role
from orgs.models.reminder import DueReminder
from orgs.models.task import Priority, Status, Task

__all__ = [
    "Arrival",
    "AuditEntry",
    "BulkEdit",
    "DueReminder",
    "Invitation",
    "Membership",
    "Organization",
    "Priority",
    "Role",
    "Status",
    "Task",
    "TaskChange",
]
