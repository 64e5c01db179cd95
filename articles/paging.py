"""Pages of articles and of comments, cut by the last row seen (orgs.paging)."""

from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.lookups import BuiltinLookup

from orgs.paging import BadCursor, Position

SIZE = 25


@dataclass(frozen=True)
class Page:
    """Some rows, and the query strings of the pages around it: "" where there is none."""

    items: list
    previous_query: str
    next_query: str


def paginate(queryset, order, query, size=SIZE):
    """The Page of `queryset` that the QueryDict `query` asks for with `after` or `before`.

    `order`: the names of a column and of the id, both with a minus or both without. The links keep what else `query`
    holds. Raises BadRequest for a cursor that is none of ours.
    """
    after, before = query.get("after"), query.get("before")
    backwards = bool(before and not after)
    try:
        start = Position.decode(after or before, order) if after or before else None
    except BadCursor as error:
        raise BadRequest(str(error)) from error
    rows = list(_ordered(queryset, order, backwards, start)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (start is not None, more)
    return Page(
        items=rows,
        previous_query=_link(query, "before", rows[0], order) if rows and has_previous else "",
        next_query=_link(query, "after", rows[-1], order) if rows and has_next else "",
    )


def _ordered(queryset, order, backwards, start):
    columns = [F(name.removeprefix("-")) for name in order]
    descending = order[0].startswith("-") != backwards
    if start:
        side = RowsBefore if descending else RowsAfter
        queryset = queryset.filter(side(Tuple(*columns), (start.value, start.id)))
    return queryset.order_by(*(column.desc() if descending else column.asc() for column in columns))


class RowsAfter(TupleGreaterThan):
    """(a, b) > (1, 2). Django spells this out with AND and OR on SQLite, where no index helps then."""

    as_sqlite = BuiltinLookup.as_sql


class RowsBefore(TupleLessThan):
    """(a, b) < (1, 2): see RowsAfter."""

    as_sqlite = BuiltinLookup.as_sql


def _link(query, name, row, order):
    query = query.copy()
    query.pop("after", None)
    query.pop("before", None)
    query[name] = Position(getattr(row, order[0].removeprefix("-")), row.pk).encode(order)
    return query.urlencode()
