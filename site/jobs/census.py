"""What is to know of the jobs of all kinds at once.

One statement asks for all of them: Django builds one for each kind, for which it needs far longer than the database to
answer.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import connections, router
from django.db.models import DateTimeField, Value

from jobs.models import Job, Status

#: Jobs of a kind in one status that are counted, the oldest: that there are more is enough to know then.
ENOUGH = 10_000

_MOMENT = Value(None, output_field=DateTimeField())


@dataclass(frozen=True)
class Group:
    """The jobs of a `kind` that are in one status, of which there is at least one."""

    kind: type[Job]
    status: str
    #: How many, up to ENOUGH, and since when there has been one.
    number: int
    oldest: datetime
    #: How many of them have come to their `run_after`, and the first one's.
    due: int
    due_since: datetime | None

    @property
    def is_counted(self):
        """Whether the numbers are exact."""
        return self.number < ENOUGH


def take(kinds, now) -> list[Group]:
    """The Groups of the `kinds` that are pending, running, or in `trouble` at `now` (an aware datetime)."""
    places = tuple((kind, status) for kind in kinds for status in (Status.PENDING, Status.RUNNING, *kind.trouble))
    rows = _ask(_counts(places), _prepared(now))
    return [
        Group(*places[place], number, _aware(oldest), due, _aware(due_since))
        for place, number, oldest, due, due_since in rows
        if number
    ]


def newest_after(kinds, moment) -> list[tuple[type[Job], int, datetime]]:
    """The newest job of each of the `kinds` that was made after the `moment` (an aware datetime): (kind, id, when)."""
    kinds = tuple(kinds)
    rows = _ask(_newest(kinds), _prepared(moment))
    return [(kinds[place], pk, _aware(created_at)) for place, pk, created_at in rows]


def caused_by(kinds, request_id, at_most) -> list[tuple[type[Job], int, datetime]]:
    """The first jobs of each of the `kinds` that a request has caused, up to so many of each: (kind, id, when)."""
    kinds = tuple(kinds)
    rows = _ask(_of_request(kinds, at_most), request_id)
    return [(kinds[place], pk, _aware(created_at)) for place, pk, created_at in rows]


def _ask(sql, value):
    """The rows of a statement, each of whose parameters is the `value`; none of an empty one."""
    if not sql:
        return []
    with _connection().cursor() as cursor:
        cursor.execute(sql, [value] * sql.count("%s"))
        return cursor.fetchall()


def _prepared(moment):
    return _MOMENT.output_field.get_db_prep_value(moment, _connection())


def _aware(value):
    """What the database gave for a moment, as an aware datetime."""
    connection = _connection()
    for convert in connection.ops.get_db_converters(_MOMENT):
        value = convert(value, _MOMENT, connection)
    return value


def _connection():
    return connections[router.db_for_read(Job)]


def _table(kind):
    return _connection().ops.quote_name(kind._meta.db_table)


@cache
def _counts(places):
    # The statuses are written out, and "not done" too, so that SQLite sees that the index without what is done will do
    # (JobQuerySet.not_done); in its order the oldest come first.
    return " UNION ALL ".join(
        f"SELECT {place}, COUNT(*), MIN(created_at), COUNT(*) FILTER (WHERE run_after <= %s), "  # noqa: S608 (our own names)
        "MIN(run_after) FILTER (WHERE run_after <= %s) FROM (SELECT created_at, run_after "
        f"FROM {_table(kind)} WHERE NOT (status = '{Status.DONE}') AND status = '{status}' "
        f"ORDER BY created_at, id LIMIT {ENOUGH}) AS jobs"
        for place, (kind, status) in enumerate(places)
    )


@cache
def _newest(kinds):
    return " UNION ALL ".join(
        f"SELECT * FROM (SELECT {place}, id, created_at FROM {_table(kind)} "  # noqa: S608 (our own names)
        "WHERE created_at > %s ORDER BY created_at DESC, id DESC LIMIT 1) AS jobs"
        for place, kind in enumerate(kinds)
    )


@cache
def _of_request(kinds, at_most):
    return " UNION ALL ".join(
        f"SELECT * FROM (SELECT {place}, id, created_at FROM {_table(kind)} "  # noqa: S608 (our own names)
        f"WHERE request_id = %s ORDER BY created_at, id LIMIT {at_most}) AS jobs"
        for place, kind in enumerate(kinds)
    )
