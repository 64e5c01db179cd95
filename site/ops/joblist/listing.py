"""A page of the jobs of all kinds, newest first, fast among a million finished ones.

Each kind has a table of its own. A UNION of them would be sorted as a whole, and so:

    for each kind: the first 51 places behind the page's start, from an index ──► merged ──► 50 rows, by their keys

A search has no index. It reads a stretch of each kind, the same time of all of them, then the next one, until the page
is full or its time is over; the next page goes on where it stopped.
"""

import heapq
import time
from dataclasses import dataclass

from jobs.sweep import kinds
from ops.joblist.paging import Direction, Place
from orgs.time_limit import TookTooLong, time_limit

PAGE_SIZE = 50
#: Jobs of a kind that a search reads at once, at first and at most, and the seconds that it has for a page.
STRETCH, LONGEST_STRETCH = 2_000, 32_000
SEARCH_SECONDS = 2


class SearchTookTooLong(Exception):
    """Not even the first stretch could be searched in time."""


@dataclass(frozen=True)
class Page:
    """Jobs, and the cursors of the neighbouring pages: "" is the first page, None is no page."""

    jobs: list
    previous: str | None
    next: str | None
    #: The moment up to which a search has come whose time was over.
    searched_to: object = None


class JobList:
    """The jobs that pass a valid JobFilter, page by page."""

    def __init__(self, wanted):
        self.wanted = wanted

    def page(self, after="", before="") -> Page:
        """The Page behind a cursor, or the one in front of it, or the first. Raises BadCursor, SearchTookTooLong."""
        start = Place.decode(after or before) if after or before else None
        backwards = bool(before and not after)
        look = self._search if self.wanted.text else self._places
        found, stopped = look(Direction(backwards), start)
        places, more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
        onward = places[-1] if more else stopped
        if backwards and onward is None and len(places) < PAGE_SIZE:
            return self.page()  # the first page is a full one, wherever one comes from
        back = start and (places[0] if places else start)
        older, newer = (back, onward) if backwards else (onward, back)
        return Page(
            jobs=rows(places[::-1] if backwards else places),
            previous=newer and newer.encode(),
            next=older and older.encode(),
            searched_to=stopped.created_at if stopped and not more else None,
        )

    def _places(self, direction, start, end=None):
        """The first Places behind `start`, at most one more than a page has, up to the moment `end`; and None."""
        of_kinds = []
        for kind in self.wanted.kinds():
            jobs = direction.up_to(direction.behind(self.wanted.jobs(kind), start), end)
            keys = direction.ordered(jobs).values_list("created_at", "pk")[: PAGE_SIZE + 1]
            of_kinds.append([Place(created_at, kind._meta.label_lower, pk) for created_at, pk in keys])
        merged = heapq.merge(*of_kinds, reverse=not direction.backwards)
        return [place for place, _ in zip(merged, range(PAGE_SIZE + 1), strict=False)], None

    def _search(self, direction, start):
        """As `_places`, and where the search had to stop."""
        found, at, length, deadline = [], start, STRETCH, time.monotonic() + SEARCH_SECONDS
        try:
            with time_limit(SEARCH_SECONDS):
                while time.monotonic() < deadline:
                    end = self._end_of_stretch(direction, at, length)
                    found += self._places(direction, at, end)[0]
                    if end is None or len(found) > PAGE_SIZE:
                        return found, None
                    at, length = direction.end_of(end), min(2 * length, LONGEST_STRETCH)
        except TookTooLong:
            pass
        if at == start:
            raise SearchTookTooLong
        return found, at

    def _end_of_stretch(self, direction, start, length):
        """The moment at which the first of the kinds has had its stretch; None where all of them end before."""
        ends = []
        for kind in self.wanted.kinds():
            jobs = direction.behind(self.wanted.jobs(kind, search=False), start)
            ends += direction.ordered(jobs).values_list("created_at", flat=True)[length - 1 : length]
        return (min if direction.backwards else max)(ends, default=None)


def rows(places):
    """The jobs at these places, in their order, with what their titles need; those that are gone are left out."""
    ids = {}
    for place in places:
        ids.setdefault(place.kind, []).append(place.id)
    jobs = {}
    for kind in {kind for kind in kinds() if kind._meta.label_lower in ids}:
        label = kind._meta.label_lower
        jobs |= {(label, pk): job for pk, job in with_relations(kind).in_bulk(ids[label]).items()}
    return [jobs[place.kind, place.id] for place in places if (place.kind, place.id) in jobs]


def with_relations(kind):
    """The jobs of a kind with all that they refer to, and without what is private."""
    direct = [field.name for field in kind._meta.concrete_fields if field.is_relation]
    paths = {*direct, kind.organization_path, kind.person_path} - {""}
    return kind.objects.select_related(*paths).defer(*kind.private)
