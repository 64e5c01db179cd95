"""What a column of a file may be: how its cells are read, and by which headings it is recognized.

The fields are the columns of an export (`exports.columns`); whatever the export writes for one is read back exactly.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext

from exports.columns import COLUMNS
from exports.writers.dialects import FORMULA
from orgs.models import Priority, Status, Task

#: What an export puts an apostrophe before (see FORMULA).
NEUTRALISED = re.compile(f"'+[{FORMULA}]")
#: How far in the future the time of something that has happened may lie: clocks differ.
AHEAD = datetime.timedelta(days=1)
#: The earliest year of a time: there were no tasks before, and the first years do not exist in every time zone.
EARLIEST = 1900
#: Characters of a cell that an error repeats.
SHOWN = 40


class BadCell(ValueError):
    """What stands in a cell cannot be used; the message says why and what would do."""


@dataclass(frozen=True)
class Field:
    name: str
    #: Reads a cell: `read(text, context)`. Raises BadCell.
    read: Callable
    #: Headings that stand for it too, in small letters without spaces.
    aliases: tuple[str, ...] = ()
    #: A blank cell means something: it is read too. Otherwise it is nothing (None).
    reads_blank: bool = False
    #: Who wrote a task and when is part of the record: only those who look after the organization may set it.
    history: bool = False

    @property
    def label(self):
        return COLUMNS[self.name].label


@dataclass
class Context:
    """What cells are read with: the organization's `People`, the zone of times without one, and the time now."""

    people: "People"
    zone: datetime.tzinfo
    now: datetime.datetime = field(default_factory=timezone.now)


class People:
    """The members of an organization, to be found by their e-mail address or their name.

    Arguments: `unknown_is_nobody`: whoever is no member is left out (None), instead of raising BadCell.
    """

    def __init__(self, organization, *, unknown_is_nobody=False):
        self.unknown_is_nobody = unknown_is_nobody
        self.by_email, self.by_name = {}, {}
        for pk, email, name in organization.members.values_list("pk", "email", "name"):
            self.by_email[email.casefold()] = pk
            self.by_name.setdefault(name.casefold(), []).append(pk)

    def find(self, text):
        """The id of the member. Raises BadCell."""
        wanted = text.strip().casefold()
        if (found := self.by_email.get(wanted)) is not None:
            return found
        found = self.by_name.get(wanted, [])
        if len(found) == 1:
            return found[0]
        if found:
            raise BadCell(
                gettext("%(text)s is the name of %(number)d members: give the e-mail address")
                % {"text": shown(text), "number": len(found)}
            )
        if self.unknown_is_nobody:
            return None
        raise BadCell(
            gettext("%(text)s is no member: add them first, correct it, or have unknown people left out")
            % {"text": shown(text)}
        )


def shown(text):
    """The beginning of a cell, as an error repeats it."""
    line = " ".join(text.split())
    return f"“{line[:SHOWN]}…”" if len(line) > SHOWN else f"“{line}”"


def plain(text):
    """A text without the apostrophe by which an export has neutralised it."""
    return text[1:] if NEUTRALISED.match(text) else text


def read_text(name):
    longest = Task._meta.get_field(name).max_length

    def read(text, context):
        text = plain(text)
        if "\0" in text:
            raise BadCell(gettext("holds a NUL character: remove it"))
        if len(text) > longest:
            raise BadCell(
                gettext("has %(number)s characters: %(longest)s is the most")
                % {"number": f"{len(text):,}", "longest": f"{longest:,}"}
            )
        return text

    return read


_read_title = read_text("title")


def read_title(text, context):
    if not text.strip():
        raise BadCell(gettext("is missing"))
    return _read_title(text, context)


def read_choice(choices):
    words = {str(word).casefold(): value for value, label in choices.choices for word in (value, label)}
    allowed = ", ".join(f"{value}" for value in choices.values)

    def read(text, context):
        found = words.get(" ".join(text.split()).casefold())
        if found is None:
            raise BadCell(gettext("%(text)s is none of: %(allowed)s") % {"text": shown(text), "allowed": allowed})
        return found

    return read


def read_person(text, context):
    return context.people.find(plain(text))


def read_date(text, context):
    text = text.strip()
    # date.fromisoformat also takes weeks and dates without hyphens, which a number may look like.
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text, re.ASCII):
        year, month, day = map(int, found.groups())
    elif found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text, re.ASCII):
        day, month, year = map(int, found.groups())
    else:
        raise BadCell(gettext("%(text)s is no date: write 2026-12-31") % {"text": shown(text)})
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise BadCell(gettext("%(text)s is no day of the calendar") % {"text": shown(text)}) from error


def read_moment(text, context):
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=context.zone)
        moment = moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError) as error:
        raise BadCell(
            gettext("%(text)s is no time: write 2026-12-31T14:30:00+00:00") % {"text": shown(text)}
        ) from error
    if moment.year < EARLIEST:
        raise BadCell(gettext("%(text)s lies before the year %(year)d") % {"text": shown(text), "year": EARLIEST})
    if moment > context.now + AHEAD:
        raise BadCell(gettext("%(text)s lies in the future") % {"text": shown(text)})
    return moment


def read_number(text, context):
    if not re.fullmatch(r"[0-9]{1,18}", text.strip()):
        raise BadCell(gettext("%(text)s is no number of a task") % {"text": shown(text)})
    return int(text)


#: Every field by its name, in the order of an export's columns.
FIELDS = {
    field.name: field
    for field in (
        Field("id", read_number, ("number", "nr", "no", "#")),
        Field("title", read_title, ("name", "task", "summary", "subject"), reads_blank=True),
        Field("description", read_text("description"), ("notes", "details", "body"), reads_blank=True),
        Field("status", read_choice(Status), ("state",)),
        Field("priority", read_choice(Priority)),
        Field("assigned_to", read_person, ("assignee", "owner", "responsible")),
        Field("due_date", read_date, ("due", "deadline", "dueon")),
        Field("created_by", read_person, ("author", "reporter", "creator"), history=True),
        Field("created_at", read_moment, ("created", "createdon"), history=True),
        Field("updated_at", read_moment, ("changed", "updated", "modified"), history=True),
        Field("completed_at", read_moment, ("completed", "done", "closed"), history=True),
    )
}


def guess(header, fields=FIELDS):
    """Which columns of the `header` the fields are, by name: the position of the first that has its heading."""
    found, headings = {}, [re.sub(r"[\s_-]+", "", heading).casefold() for heading in header]
    for name, wanted in fields.items():
        known = [name.replace("_", ""), re.sub(r"\s", "", str(wanted.label)).casefold(), *wanted.aliases]
        places = [headings.index(word) for word in known if word in headings]
        if places and places[0] not in found.values():
            found[name] = places[0]
    return found


class RowReader:
    """Makes of a row's cells the columns of a Task.

    Arguments: `mapping`, the position of its column by field name; `context`; `author`, the id of whoever imports.
    """

    def __init__(self, mapping, context, author):
        self.columns = [(FIELDS[name], at) for name, at in mapping.items()]
        self.context = context
        self.author = author
        self.keeps_author = "created_by" in mapping

    def read(self, cells):
        """Returns (columns, errors): a dict, and a list of (field name, message), of which one is empty."""
        task, errors = {}, []
        for wanted, at in self.columns:
            text = cells[at]
            try:
                task[wanted.name] = wanted.read(text, self.context) if wanted.reads_blank or text.strip() else None
            except BadCell as error:
                errors.append((wanted.name, str(error)))
        if not errors:
            errors += self._complete(task)
        return task, errors

    def _complete(self, task):
        """Fill in what is missing, as a new task has it; returns errors."""
        now = self.context.now
        task["description"] = task.get("description") or ""
        task["status"] = task.get("status") or Status.OPEN.value
        task["priority"] = task.get("priority") or Priority.NORMAL.value
        task.setdefault("assigned_to", None)
        task.setdefault("due_date", None)
        if not self.keeps_author:
            task["created_by"] = self.author
        task["created_at"] = task.get("created_at") or now
        task["updated_at"] = task.get("updated_at") or now
        if task["status"] != Status.DONE:
            if task.get("completed_at"):
                words = gettext("is set, but the status is “%(status)s”: empty it, or write “done”")
                return [("completed_at", words % {"status": task["status"]})]
            task["completed_at"] = None
        else:
            task["completed_at"] = task.get("completed_at") or now
        return []
