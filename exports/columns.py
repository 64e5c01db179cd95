"""The columns that an export may have.

Each is a name, a kind and a Django expression on `Task`; the writers (`exports.writers`) make text of the kinds.
"""

import enum
from dataclasses import dataclass

from django.db.models import F
from django.db.models.expressions import Combinable


class Kind(enum.Enum):
    INTEGER = enum.auto()
    CHOICE = enum.auto()  # one of our own words, held by a constraint: letters and underscores
    TEXT = enum.auto()  # what people wrote: anything
    DATE = enum.auto()
    DATETIME = enum.auto()


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    kind: Kind
    expression: Combinable
    optional: bool = False  # may be NULL


#: Every column by its name, in the order in which they are offered.
#:
#: A person is an e-mail address: unlike a name it is unique, and an import can find the person again by it. It is
#: the login too, so members know each other's.
COLUMNS = {
    column.name: column
    for column in (
        Column("id", "Number", Kind.INTEGER, F("id")),
        Column("title", "Title", Kind.TEXT, F("title")),
        Column("description", "Description", Kind.TEXT, F("description")),
        Column("status", "Status", Kind.CHOICE, F("status")),
        Column("priority", "Priority", Kind.INTEGER, F("priority")),
        Column("assigned_to", "Assigned to", Kind.TEXT, F("assigned_to__email"), optional=True),
        Column("due_date", "Due date", Kind.DATE, F("due_date"), optional=True),
        Column("created_by", "Created by", Kind.TEXT, F("created_by__email"), optional=True),
        Column("created_at", "Created", Kind.DATETIME, F("created_at")),
        Column("updated_at", "Changed", Kind.DATETIME, F("updated_at")),
        Column("completed_at", "Completed", Kind.DATETIME, F("completed_at"), optional=True),
    )
}

DEFAULT_COLUMNS = ("id", "title", "status", "priority", "assigned_to", "created_at")
