"""Where a page of jobs of all kinds begins: keyset paging as in `orgs.paging`, over several tables at once."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple
from django.utils.translation import gettext as _

from orgs.paging import BadCursor, RowsAfter, RowsBefore

#: Sort before and behind every kind's label.
FIRST, LAST = "", "~"


class Place(NamedTuple):
    """A place in the list, which is sorted by these three, the greatest first. `kind` is a label ("mail.email")."""

    created_at: datetime
    kind: str
    id: int

    def encode(self) -> str:
        """The cursor for an address: opaque but no secret, and checked when it comes back."""
        text = f"{self.created_at.astimezone(UTC).isoformat()}|{self.kind}|{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, cursor: str) -> "Place":
        """The Place that `encode` made `cursor` of. Raises BadCursor."""
        try:
            moment, kind, row_id = base64.b64decode(cursor + "===", altchars=b"-_").decode().split("|")
            moment = datetime.fromisoformat(moment)
            if moment.tzinfo and re.fullmatch(r"[a-z0-9_.~]{0,100}", kind) and re.fullmatch(r"[0-9]{1,18}", row_id):
                return cls(moment.astimezone(UTC), kind, int(row_id))
        except (ValueError, TypeError, OverflowError):
            pass
        raise BadCursor(_("There is no such page. Start again at the first page of the list."))


@dataclass(frozen=True)
class Direction:
    """In which one goes through the list from a Place: to the older jobs, or `backwards` to the newer."""

    backwards: bool

    def ordered(self, jobs):
        return jobs.order_by("created_at", "pk") if self.backwards else jobs.order_by("-created_at", "-pk")

    def behind(self, jobs, place: Place | None):
        """Those of the jobs, all of one kind, that come behind the place."""
        if place is None:
            return jobs
        label = jobs.model._meta.label_lower
        if label == place.kind:
            side = RowsAfter if self.backwards else RowsBefore
            return jobs.filter(side(Tuple(F("created_at"), F("pk")), (place.created_at, place.id)))
        # Those of the same moment come behind it where their kind does.
        same_moment = (label > place.kind) == self.backwards
        return jobs.filter(**{f"created_at__{self._side}{'e' if same_moment else ''}": place.created_at})

    def up_to(self, jobs, moment):
        """Those of the jobs that come before the end of a moment."""
        return jobs if moment is None else jobs.filter(**{f"created_at__{'lte' if self.backwards else 'gte'}": moment})

    def end_of(self, moment) -> Place:
        """The place behind all jobs of a moment."""
        return Place(moment, LAST if self.backwards else FIRST, 0)

    @property
    def _side(self):
        return "gt" if self.backwards else "lt"
