"""What the hub reads from the database: new events, and who may hear which. All of it runs in the hub's one thread."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from realtime.models import Event

#: Events that are read at once.
BATCH = 500
#: A browser that has missed more than that loads its page anew.
CATCH_UP = 200


class Identity(NamedTuple):
    """Whose stream it is: a person in a session, which ends when it is deleted or the password changes."""

    user_id: int
    session_key: str
    session_hash: str


@dataclass(frozen=True)
class Access:
    """What a person may hear now."""

    organizations: frozenset[int]

    def allows(self, event: Event, user_id: int) -> bool:
        if event.user_id is not None and event.user_id != user_id:
            return False
        return event.organization_id is None or event.organization_id in self.organizations

    def condition(self, user_id: int) -> Q:
        """The same, for the database."""
        for_them = Q(user=None) | Q(user=user_id)
        return for_them & (Q(organization_id=None) | Q(organization_id__in=self.organizations))


class Feed:
    """New events, found for next to nothing while there are none."""

    def __init__(self):
        self._version = None
        self._last = None

    def start(self):
        """Begin after the newest event that there is now."""
        self._last = Event.newest_id()
        self._version = None

    def new(self) -> list[Event]:
        """The events since the last call, oldest first."""
        if not self._has_changed():
            return []
        events = list(Event.objects.filter(pk__gt=self._last).order_by("pk")[:BATCH])
        if events:
            self._last = events[-1].pk
        if len(events) == BATCH:
            self._version = None  # there may be more
        return events

    def _has_changed(self) -> bool:
        """Whether another connection has committed since the last call, where that can be known without a query
        (https://sqlite.org/pragma.html#pragma_data_version)."""
        if connection.vendor != "sqlite":
            return True
        with connection.cursor() as cursor:
            version = cursor.execute("PRAGMA data_version").fetchone()[0]
        changed, self._version = version != self._version, version
        return changed


def missed(last_id: int | None, access: Access, user_id: int) -> list[Event] | None:
    """What somebody has missed after the event `last_id`; nothing where that is None. None where it is too much to tell
    or no longer known."""
    if last_id is None:
        return []
    events = Event.objects.order_by("pk")
    oldest = events.values_list("pk", flat=True).first()
    if last_id > Event.newest_id() or (oldest is not None and last_id < oldest - 1):
        return None
    # The database leaves out what is for others: that may be a hundred thousand, while everybody waits.
    events = events.filter(access.condition(user_id), pk__gt=last_id)
    mine = list(events[: CATCH_UP + 1])
    return mine if len(mine) <= CATCH_UP else None


def session_store():
    """The class of sessions in this installation (SESSION_ENGINE)."""
    return import_module(settings.SESSION_ENGINE).SessionStore


def access_of(identities: Iterable[Identity]) -> dict[Identity, Access]:
    """What each of these may hear now. Who is missing in the answer may hear nothing any more."""
    sessions = (
        session_store().get_model_class().objects.filter(session_key__in={each.session_key for each in identities})
    )
    open_ones = set(sessions.filter(expire_date__gt=timezone.now()).values_list("session_key", flat=True))
    users = get_user_model().objects.filter(is_active=True).in_bulk({each.user_id for each in identities})
    hashes = {pk: user.get_session_auth_hash() for pk, user in users.items()}
    valid = [
        each for each in identities if each.session_key in open_ones and hashes.get(each.user_id) == each.session_hash
    ]
    organizations = import_string(settings.EVENTS_ORGANIZATIONS_OF)({each.user_id for each in valid})
    return {each: Access(frozenset(organizations.get(each.user_id, ()))) for each in valid}
