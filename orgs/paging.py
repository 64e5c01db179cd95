"""Keyset paging: a page begins where the last one ended, by value and not by counting rows.

So page 1,000 costs what page 1 costs, and rows that come or go elsewhere move nothing
(https://use-the-index-luke.com/no-offset).
"""

import base64
import datetime
import re
from dataclasses import dataclass


def _moment(text):
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(datetime.UTC)


_READERS = {
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
            raise BadCursor("There is no such page. Start again at the first page of the list.") from error
        raise BadCursor("This page belongs to another order of the list. Start again at its first page.")
