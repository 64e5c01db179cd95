"""Keyset paging: a page begins where the last one ended, by value and not by counting rows.

So page 1,000 costs what page 1 costs, and rows that come or go elsewhere move nothing
(https://use-the-index-luke.com/no-offset).
"""

import base64
import datetime
import re
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.lookups import BuiltinLookup
from django.utils.translation import gettext as _

#: Rows on a page.
SIZE = 25
#: How many rows are read at most to find those of a page that pass a condition for which there is no index.
STRETCH = 20_000


def _moment(text):
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(datetime.UTC)


_READERS = {
    "id": lambda text: int(re.fullmatch("[0-9]{1,18}", text)[0]),
    "created_at": _moment,
    "listed_at": _moment,
    "slot": _moment,
    "due_order": datetime.date.fromisoformat,
    "priority": lambda text: int(re.fullmatch("[0-9]{1,4}", text)[0]),
}


class BadCursor(ValueError):
    """What was sent is no place in this list; the message says so."""


@dataclass(frozen=True)
class Position:
    """A place in a list: the values of the column that it is sorted by, and of the id."""

    value: object
    id: int

    def encode(self, order):
        """The cursor for an address: opaque but no secret, and checked when it comes back."""
        text = f"{order[0]}|{self.value}|{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor, order):
        """The Position that `encode` made `cursor` of, in the same `order`. Raises BadCursor."""
        try:
            sorted_by, value, row_id = base64.b64decode(cursor + "===", altchars=b"-_").decode().split("|")
            if sorted_by == order[0]:
                return cls(_READERS[order[0].removeprefix("-")](value), int(re.fullmatch("[0-9]{1,18}", row_id)[0]))
        except (ValueError, TypeError, OverflowError) as error:
            raise BadCursor(_("There is no such page. Start again at the first page of the list.")) from error
        raise BadCursor(_("This page belongs to another order of the list. Start again at its first page."))


@dataclass(frozen=True)
class Page:
    """Some rows, and the query strings of the pages around it: "" where there is none."""

    items: list
    previous_query: str
    next_query: str
    #: Whether STRETCH rows were read without filling the page: more may follow.
    unfinished: bool = False


def paginate(queryset, order, query, size=SIZE, condition=None):
    """The Page of `queryset` that the QueryDict `query` asks for with `after` or `before`.

    `order`: the names of a column and of the id, both with a minus or both without, in which an index has `queryset`.
    `condition`: a Q that the rows have to pass too, and that no index knows; where few do, the page is `unfinished`,
    and the next one goes on behind what was read. The links keep what else `query` holds. Raises BadRequest for a
    cursor that is none of ours.
    """
    after, before = query.get("after"), query.get("before")
    backwards = bool(before and not after)
    try:
        start = Position.decode(after or before, order) if after or before else None
    except BadCursor as error:
        raise BadRequest(str(error)) from error
    queryset, end = _ordered(queryset, order, backwards, start), None
    if condition is not None:
        end = _end_of_stretch(queryset, order)
        queryset = queryset.filter(condition, _up_to(end, order, backwards))
    rows = list(queryset[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    first, last = (_position(rows[0], order), _position(rows[-1], order)) if rows else (start, start)
    unfinished = end is not None and not more
    if not unfinished:
        end = last if more else None
    if backwards:
        rows.reverse()
        previous, following = end, first
    else:
        previous, following = start and first, end
    return Page(
        items=rows,
        previous_query=_link(query, "before", previous, order) if previous else "",
        next_query=_link(query, "after", following, order) if following else "",
        unfinished=unfinished,
    )


def _end_of_stretch(queryset, order):
    """The position of the last row that is read for a page; None where there are fewer rows."""
    row = queryset.values_list(order[0].removeprefix("-"), "pk")[STRETCH - 1 : STRETCH].first()
    return row and Position(*row)


def _up_to(end, order, backwards):
    """The condition that a row does not lie behind the position `end`."""
    if end is None:
        return Q()
    column, side = order[0].removeprefix("-"), "gt" if order[0].startswith("-") != backwards else "lt"
    # The first term says nothing new, but is the one that limits what is read of an index.
    beyond = Q(**{f"{column}__{side}": end.value}) | Q(**{column: end.value, f"pk__{side}e": end.id})
    return Q(**{f"{column}__{side}e": end.value}) & beyond


def _position(row, order):
    return Position(getattr(row, order[0].removeprefix("-")), row.pk)


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


def _link(query, name, position, order):
    query = query.copy()
    query.pop("after", None)
    query.pop("before", None)
    query[name] = position.encode(order)
    return query.urlencode()
