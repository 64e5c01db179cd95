"""How many jobs of every kind wait, run, or need a person.

One statement counts them all: Django builds several for each kind, for which it needs far longer than the database to
answer.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import connections, router

from jobs.models import Job, Status

#: Jobs of a kind in one status that are counted, the oldest: that there are more is enough to know then.
ENOUGH = 10_000


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
    kinds = tuple(kinds)
    if not kinds:
        return []
    connection = connections[router.db_for_read(kinds[0])]
    sql, places = _statement(kinds, connection.alias)
    moments = kinds[0]._meta.get_field("created_at")
    moment = moments.get_db_prep_value(now, connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, [moment, moment] * len(places))
        rows = cursor.fetchall()
    converters = connection.ops.get_db_converters(moments.cached_col)

    def aware(value):
        for convert in converters:
            value = convert(value, None, connection)
        return value

    return [
        Group(*places[place], number, aware(oldest), due, aware(due_since))
        for place, number, oldest, due, due_since in rows
        if number
    ]


@cache
def _statement(kinds, using):
    """The SQL, whose rows begin with a place in the list of (kind, status) that is returned with it."""
    name = connections[using].ops.quote_name
    places = [(kind, status) for kind in kinds for status in (Status.PENDING, Status.RUNNING, *kind.trouble)]
    # The statuses are written out, and "not done" too, so that SQLite sees that the index without what is done will do
    # (JobQuerySet.not_done); in its order the oldest come first.
    parts = [
        f"SELECT {place}, COUNT(*), MIN(created_at), COUNT(*) FILTER (WHERE run_after <= %s), "  # noqa: S608 (our own names)
        "MIN(run_after) FILTER (WHERE run_after <= %s) FROM (SELECT created_at, run_after "
        f"FROM {name(kind._meta.db_table)} WHERE NOT (status = '{Status.DONE}') AND status = '{status}' "
        f"ORDER BY created_at, id LIMIT {ENOUGH}) AS jobs"
        for place, (kind, status) in enumerate(places)
    ]
    return " UNION ALL ".join(parts), places
