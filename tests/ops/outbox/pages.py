"""What the tests of the outbox's pages need."""

import re

from orgs.models import AuditEntry

PAGES = "/ops/outbox/"


def page(client, path="", **query):
    return client.get(f"{PAGES}{path}", query).content.decode()


def as_of(content):
    """The moment of the look that the form of a page would post."""
    return re.search(r'name="as_of" value="([^"]+)"', content)[1]


def noted():
    return [(entry.actor.name, entry.action, entry.target) for entry in AuditEntry.objects.order_by("pk")]
