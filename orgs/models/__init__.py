from orgs.models.organization import Membership, Organization, Role
from orgs.models.task import Priority, Status, Task

__all__ = ["Membership", "Organization", "Priority", "Role", "Status", "Task"]
