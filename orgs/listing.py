"""A page of the task list, fast among a million tasks.

Plain SQL is slow in two ways here. In the order of the list it reads everything where few tasks pass, and far away.
From the index of a filter it sorts everything where many pass. SQLite cannot know which is better, because how many
tasks are done is not known when it plans. So:

    count each filter's tasks, up to FEW ──► one has few: start there, sort them
                                         └─► none: read in the order of the list

A search in that order first reads a stretch, which is enough for common words, and then asks the index of trigrams,
which is good at rare ones. What is neither, such as a word that was common long ago, is looked for in a longer stretch.
The page may then have less than its 50 tasks, and the next one goes on behind the stretch: no page ever takes long
(compare https://google.aip.dev/158).
"""

import json
from dataclasses import dataclass

from django.db.models import Func, Q
from django.db.models.expressions import RawSQL

from orgs.filters import Condition
from orgs.models import Status, Task
from orgs.paging import Position
from orgs.search import candidates, mentioning

PAGE_SIZE = 50
#: So many tasks are sorted within milliseconds.
FEW = 10_000
#: How many tasks a search reads before it asks the index of trigrams, and after it; four times as many for each of up
#: to two filters that let only some of them pass, since it has to fetch the texts only of those.
STRETCHES = (2_500, 8_000)

# Columns that an index begins with, after the organization.
_LEADING = {"is_done", "priority", "assigned_to_id", "due_order"}
# Columns with an index that, for one value, holds the tasks in the order of the column that the list is sorted by.
_IN_ORDER = {"created_at": ["is_done", "assigned_to_id"], "due_order": ["is_done"], "priority": []}


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

    #: What is read with each task.
    related = "assigned_to"

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
        tasks = Task.objects.defer("description").select_related(self.related).in_bulk([row.id for row in rows])
        return Page(
            tasks=[tasks[row.id] for row in rows if row.id in tasks],  # one may have been deleted meanwhile
            previous=previous and previous.encode(self.order),
            next=next and next.encode(self.order),
            unfinished=unfinished,
        )

    def _look(self, start, backwards):
        """The positions of up to PAGE_SIZE + 1 tasks from `start`, and where the search gave up, if it did."""
        plan = _Plan(self.order, backwards, *self._indexes())
        tasks = plan.tasks(self.conditions)
        if not self.text:
            return plan.positions(tasks, start), None
        tasks = tasks.filter(mentioning(self.text))
        if not plan.in_order:
            return plan.positions(tasks, start), None
        by_index = [condition for condition in self.conditions if condition.column in plan.indexed]
        thinning = 4 ** min(len(self.conditions) - len(by_index), 2)
        for width in STRETCHES:
            end = plan.nth(plan.tasks(by_index), start, width * thinning)
            found = plan.positions(tasks, start, end)
            if end is None or len(found) > PAGE_SIZE:
                return found, None
            if width == STRETCHES[0] and (ids := candidates(self.organization, self.text, FEW)) is not None:
                plan = _Plan(self.order, backwards, indexed=set(), in_order=False)
                among = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(ids)])
                tasks = plan.tasks(self.conditions).filter(mentioning(self.text), pk__in=among)
                return plan.positions(tasks, start), None
        return found, end

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
        key, filtered = self.order[0].removeprefix("-"), {condition.column for condition in filters}
        return {organization.column, key, *[c for c in _IN_ORDER[key] if c in filtered][:1]}, True


class MyTasks(TaskList):
    """What `user` has still to do in the organizations with these ids, page by page, by due date.

    It has an index of its own, which leaves out what is done: the tasks of all organizations stand there in this order.
    """

    related = "organization"
    order = Task.ORDERS["due"]

    def __init__(self, user, organization_ids):
        self.conditions = [
            Condition("assigned_to_id", "exact", user.pk),
            Condition("organization_id", "in", organization_ids),
        ]

    def due(self, at_most, **when):
        """Up to `at_most` of them, soonest first; `when`: lookups of `due_date`, such as lt=today."""
        conditions = [Condition("due_order", lookup, value) for lookup, value in when.items()]
        tasks = self._plan().tasks(self.conditions + conditions).exclude(status=Status.DONE)
        return list(tasks.defer("description").select_related(self.related)[:at_most])

    def _look(self, start, backwards):
        plan = self._plan(backwards)
        return plan.positions(plan.tasks(self.conditions).exclude(status=Status.DONE), start), None

    def _plan(self, backwards=False):
        return _Plan(self.order, backwards, indexed={"assigned_to_id", "due_order"}, in_order=True)


class Unindexed(Func):
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
    def _key(self):
        return self.order[0].removeprefix("-")

    @property
    def _beyond(self):
        return "lt" if self.order[0].startswith("-") != self.backwards else "gt"

    def tasks(self, conditions):
        """Those that pass, in order."""
        tasks = Task.objects.alias(its_id=Unindexed("id"), **{f"its_{self._key}": Unindexed(self._key)})
        prefix, direction = "" if self.in_order else "its_", "-" if self._beyond == "lt" else ""
        tasks = tasks.order_by(f"{direction}{prefix}{self._key}", f"{direction}{prefix}id")
        for condition in conditions:
            if condition.column in self.indexed | {"id"}:
                tasks = tasks.filter(**condition.as_filter())
            else:
                tasks = tasks.alias(**{f"its_{condition.column}": Unindexed(condition.column)})
                tasks = tasks.filter(**condition.as_filter("its_"))
        return tasks

    def positions(self, tasks, start, end=None):
        """Of the first PAGE_SIZE + 1 of `tasks` behind `start`, up to and with `end`."""
        found = []
        for part in self._parts(tasks, start, end):
            rows = part.values_list(self._key, "id")[: PAGE_SIZE + 1 - len(found)]
            found += [Position(*row) for row in rows]
            if len(found) > PAGE_SIZE:
                break
        return found

    def nth(self, tasks, start, n):
        """The position of the nth of `tasks` behind `start`, or None where they are fewer."""
        for part in self._parts(tasks, start):
            if row := part.values_list(self._key, "id")[n - 1 : n].first():
                return Position(*row)
            n -= part[:n].count()
        return None

    def _parts(self, tasks, start, end=None):
        """The `tasks` between two positions in as many parts as SQLite can look up in its index.

        It would take (key, id) > (1, 2) for such a place too (sqlite.org/rowvalue.html), but not with a primary key: it
        then reads all tasks that have the first one's key, and there may be hundreds of thousands without a due date.
        """
        key, beyond, up_to = self._key, self._beyond, {"lt": "gt", "gt": "lt"}[self._beyond]
        if not self.in_order:
            return [tasks.filter(_behind(f"its_{key}", "its_id", beyond, start))] if start else [tasks]
        if start and end and start.value == end.value:
            within = {f"id__{beyond}": start.id, f"id__{up_to}e": end.id}
            return [tasks.filter(**{key: start.value}, **within)]
        between = {
            **({f"{key}__{beyond}": start.value} if start else {}),
            **({f"{key}__{up_to}": end.value} if end else {}),
        }
        return [
            *([tasks.filter(**{key: start.value, f"id__{beyond}": start.id})] if start else []),
            tasks.filter(**between),
            *([tasks.filter(**{key: end.value, f"id__{up_to}e": end.id})] if end else []),
        ]


def _behind(key, row_id, beyond, start):
    return Q(**{f"{key}__{beyond}": start.value}) | Q(**{key: start.value, f"{row_id}__{beyond}": start.id})
