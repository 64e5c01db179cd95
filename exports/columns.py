"""The columns that an export may have.

Each is a name, a kind and a Django expression on `Task`; the writers (`exports.writers`) make text of the kinds.
"""

import enum
from dataclasses import dataclass

from django.db.models import F
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _


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
#: The labels are for pages, and translated. A file is headed by the names, whatever the language: they are a format,
#: which the import and other programs read.
#:
#: A person is an e-mail address: unlike a name it is unique, and an import can find the person again by it. It is
#: the login too, so members know each other's.
COLUMNS = {
    column.name: column
    for column in (
        Column("id", _("Number"), Kind.INTEGER, F("id")),
        Column("title", _("Title"), Kind.TEXT, F("title")),
        Column("description", _("Description"), Kind.TEXT, F("description")),
        Column("status", _("Status"), Kind.CHOICE, F("status")),
        Column("priority", _("Priority"), Kind.INTEGER, F("priority")),
        Column("assigned_to", _("Assigned to"), Kind.TEXT, F("assigned_to__email"), optional=True),
        Column("due_date", _("Due date"), Kind.DATE, F("due_date"), optional=True),
        Column("created_by", _("Created by"), Kind.TEXT, F("created_by__email"), optional=True),
        Column("created_at", _("Created"), Kind.DATETIME, F("created_at")),
        Column("updated_at", _("Changed"), Kind.DATETIME, F("updated_at")),
        Column("completed_at", _("Completed"), Kind.DATETIME, F("completed_at"), optional=True),
    )
}

DEFAULT_COLUMNS = ("id", "title", "status", "priority", "assigned_to", "created_at")


def labels(names) -> list[str]:
    """What pages call these columns. One that there is no more is called by its name."""
    return [str(COLUMNS[name].label) if name in COLUMNS else name for name in names]
