"""Pages of rows, newest first, by their ids: rows that come or go elsewhere move nothing."""

import re

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _

PAGE = 50


def page_of(rows, query):
    """The page of the queryset `rows` that a query string's `before` or `after`, an id, names; without them the first.

    Returns (rows, the id that older ones are before, the id that newer ones are after), None where there are none.
    Raises BadRequest.
    """
    edges = {name: query[name] for name in ("before", "after") if name in query}
    if len(edges) > 1:
        raise BadRequest(_("“before” and “after” exclude each other."))
    for name, edge in edges.items():
        if not re.fullmatch(r"[0-9]{1,18}", edge):
            raise BadRequest(_("“%(name)s” must be a number from this list.") % {"name": name})
    if "after" in edges:
        found = list(rows.filter(pk__gt=edges["after"]).order_by("pk")[: PAGE + 1])
        if len(found) <= PAGE:
            return page_of(rows, {})  # the first page is a full one, wherever one comes from
        shown = found[:PAGE][::-1]
        return shown, shown[-1].pk, shown[0].pk
    found = list(rows.filter(pk__lt=edges.get("before", 2**62)).order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    return shown, shown[-1].pk if len(found) > PAGE else None, shown[0].pk if shown and edges else None
