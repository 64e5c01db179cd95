"""What is answered before Django sees a request: a page for people, JSON for everybody else.

Nobody is asked who they are, and nothing of what was sent stands in the page.
"""

import json

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from config.headers import RAW_HEADERS


class Refused(Exception):
    """Raised with the status of the answer and, for programs, its words."""


#: By status, what the page says: what is wrong, and what to do.
PAGES = {
    400: (_("That did not arrive"), _("What you sent broke off on its way. Go back and send it again.")),
    408: (
        _("That took too long"),
        _("What you sent did not arrive in time, and nothing of it is saved. Go back and send it again."),
    ),
    413: (
        _("That is too much at once"),
        _(
            "It is larger than allowed, or you are signed out. Nothing of it is saved. Go back, make it smaller or "
            "sign in in another tab, then send it again."
        ),
    ),
    414: (_("This address is too long"), _("Go back and look for less, or with fewer filters.")),
    431: (
        _("Your browser sent too much"),
        _("Mostly these are cookies. Delete those of this site in your browser, then sign in again."),
    ),
}


async def refuse(scope, send, refusal):
    """Answer the ASGI request of `scope` with what the Refused `refusal` says, and close its connection."""
    status, words = refusal.args
    if _is_a_persons(scope):
        title, advice = PAGES[status]
        kind, body = b"text/html; charset=utf-8", render_to_string("bare.html", {"title": title, "words": advice})
    else:
        kind, body = b"application/json", json.dumps({"error": words})
    headers = [(b"content-type", kind), (b"vary", b"Accept"), (b"connection", b"close"), *RAW_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


def _is_a_persons(scope):
    """Whether a browser opens a page: its `Accept` begins with text/html. The rest, which may be what is too long, is
    not read. Our scripts have words of their own (static/js/requests.js)."""
    headers = dict(scope["headers"])
    return headers.get(b"accept", b"").startswith(b"text/html") and b"hx-request" not in headers
