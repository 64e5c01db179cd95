"""A page of the task list, fast among a million tasks.

Plain SQL is slow in two ways here. In the order of the list it reads everything where few tasks pass, and far away.
From the index of a filter it sorts everything where many pass. SQLite cannot know which is better, because how many
tasks are done is not known when it plans. So:

    count each filter's tasks, up to FEW ──► one has few: start there, sort them
                                         └─► none: read in the order of the list

A search reads a stretch of that, which is all of it in most organizations and enough for common words, before it asks
the index of trigrams, which is good at rare ones. What is neither, such as a word that was common long ago, is looked
for in one longer stretch. The page may then have less than its 50 tasks, and the next one goes on behind the stretch:
no page ever takes long (compare AIP-158, google.aip.dev/158).
"""

import json
from dataclasses import dataclass

from django.db.models import F, Func
from django.db.models.expressions import RawSQL
from django.db.models.fields.tuple_lookups import Tuple

from orgs.models import Task
from orgs.paging import Position, RowsAfter, RowsBefore
from orgs.search import candidates, mentioning

PAGE_SIZE = 50
#: So many tasks are sorted within milliseconds.
FEW = 20_000
#: How many tasks a search reads before it asks the index of trigrams, and after it.
STRETCHES = (20_000, 60_000)

# Columns that an index begins with, after the organization.
_LEADING = {"is_done", "priority", "assigned_to_id", "due_order"}
# Columns whose indexes hold the tasks in the order of a column that the list is sorted by.
_IN_ORDER = {
    "created_at": {"created_at", "is_done", "assigned_to_id"},
    "due_order": {"due_order", "is_done"},
    "priority": {"priority"},
}


@dataclass(frozen=True)
class Page:
    """Tasks, and the cursors of the neighbouring pages: "" is the first page, None is no page."""

    tasks: list
    previous: str | None
    next: str | None
    #: Whether the search stopped before it had found a page full or seen everything.
    unfinished: bool = False


class TaskList:
    """The tasks that pass a valid TaskFilter, page by page."""

    def __init__(self, task_filter):
        self.organization = task_filter.organization
        self.conditions = task_filter.conditions()
        self.text = task_filter.text
        self.order = task_filter.order

    def page(self, after="", before=""):
        """The Page after a cursor, or the one before it, or the first. Raises BadCursor."""
        start = Position.decode(after or before, self.order) if after or before else None
        backwards = bool(before and not after)
        found, end = self._look(start, backwards)
        rows, more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
        if not backwards:
            return self._page(rows, start and (rows[0] if rows else ""), rows[-1] if more else end, bool(end))
        if len(rows) < PAGE_SIZE and not end:
            return self.page()  # the first page is a full one, wherever one comes from
        return self._page(rows[::-1], rows[-1] if more else end, rows[0] if rows else start, bool(end))

    def _page(self, rows, previous, next, unfinished):
        tasks = Task.objects.defer("description").select_related("assigned_to").in_bulk([row.id for row in rows])
        return Page(
            tasks=[tasks[row.id] for row in rows if row.id in tasks],  # one may have been deleted meanwhile
            previous=previous and previous.encode(self.order),
            next=next and next.encode(self.order),
            unfinished=unfinished,
        )

    def _look(self, start, backwards):
        """The positions of up to PAGE_SIZE + 1 tasks from `start`, and where the search gave up, if it did."""
        plan = _Plan(self.order, backwards, *self._indexes())
        tasks = plan.tasks(self.conditions, start)
        if not self.text:
            return plan.positions(tasks), None
        for width in STRETCHES:
            end = next(iter(plan.positions(tasks, width - 1, width)), None)
            found = plan.positions(plan.until(tasks, end).filter(mentioning(self.text)))
            if end is None or len(found) > PAGE_SIZE:
                return found, None
            if width == STRETCHES[0] and (ids := candidates(self.organization, self.text, FEW)) is not None:
                return self._look_among(ids, start, backwards), None
        return found, end

    def _look_among(self, ids, start, backwards):
        plan = _Plan(self.order, backwards, indexed=set(), in_order=False)
        among = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(ids)])
        return plan.positions(plan.tasks(self.conditions, start).filter(mentioning(self.text), pk__in=among))

    def _indexes(self):
        """The columns whose indexes SQLite may use, and whether to read in the order of the list."""
        organization, *filters = self.conditions
        fewest, column = FEW + 1, None
        for condition in filters:
            if condition.column in _LEADING:
                tasks = Task.objects.filter(**organization.as_filter(), **condition.as_filter()).order_by()
                if (count := tasks[:fewest].count()) < fewest:
                    fewest, column = count, condition.column
        if column:
            return {organization.column, column}, False
        return {organization.column, *_IN_ORDER[self.order[0].removeprefix("-")]}, True


class _Unindexed(Func):
    """A column as SQLite looks it up in no index: with a unary plus (sqlite.org/optoverview.html)."""

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(self, compiler, connection):
        return self.as_sql(compiler, connection, template="+%(expressions)s")


@dataclass(frozen=True)
class _Plan:
    """How SQLite is to find tasks: with indexes on the columns `indexed`, in the order of one of them or sorted."""

    order: tuple[str, str]
    backwards: bool
    indexed: set
    in_order: bool

    @property
    def _descending(self):
        return self.order[0].startswith("-") != self.backwards

    @property
    def _columns(self):
        columns = [F(column.removeprefix("-")) for column in self.order]
        return columns if self.in_order else [_Unindexed(column) for column in columns]

    def tasks(self, conditions, start):
        """Those that pass, in order, behind the position `start`."""
        tasks = Task.objects.order_by(*(c.desc() if self._descending else c.asc() for c in self._columns))
        for condition in conditions:
            if condition.column in self.indexed | {"id"}:
                tasks = tasks.filter(**condition.as_filter())
            else:
                tasks = tasks.alias(**{f"its_{condition.column}": _Unindexed(condition.column)})
                tasks = tasks.filter(**condition.as_filter("its_"))
        return self._between(tasks, start, RowsBefore if self._descending else RowsAfter)

    def until(self, tasks, end):
        return self._between(tasks, end, RowsAfter if self._descending else RowsBefore)

    def _between(self, tasks, position, side):
        return tasks.filter(side(Tuple(*self._columns), (position.value, position.id))) if position else tasks

    def positions(self, tasks, start=0, stop=PAGE_SIZE + 1):
        """Of some tasks from `tasks`, without reading the tasks."""
        key = self.order[0].removeprefix("-")
        return [Position(value, row_id) for value, row_id in tasks.values_list(key, "id")[start:stop]]
