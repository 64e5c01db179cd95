"""Where and since when somebody is signed in: Django's sessions in the database, whose rows also know their person
(https://docs.djangoproject.com/en/5.2/topics/http/sessions/#extending-database-backed-session-engines).

Of the device only a few words are kept, which its browser sends with every request, and never the IP address: enough to
recognize one's own, and nothing that says where somebody was.
"""

import logging
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions import middleware
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.db import DatabaseError
from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Session
from realtime.models import Event

logger = logging.getLogger("accounts")

KEY_CHARACTERS = frozenset(VALID_KEY_CHARS)

#: How long a session may be in use before that is written down again.
SEEN_EVERY = timedelta(minutes=5)

#: What a User-Agent names, the more telling first: others name those below too, to be taken for them.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
    "curl": "curl",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}
UNKNOWN = gettext_noop("Unknown device")


def device(user_agent: str) -> str:
    """A User-Agent header (RFC 9110, 10.1.5) in a few words: “Firefox on Windows”. It is what a browser says of itself:
    good for recognizing, no proof. It is kept in the language of the installation."""
    browser, system = (
        next((words for name, words in names.items() if name in user_agent), "") for names in (BROWSERS, SYSTEMS)
    )
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _(UNKNOWN)


class SessionStore(db.SessionStore):
    """A session that knows whose it is, and when and with what it was last used."""

    #: The header of the request that it belongs to.
    user_agent = ""
    #: As it was last read or written; None before, and once it has ended.
    row = None
    #: The newest Event when the request began, 0 for none: of later ones its page is told. Read with the session, which
    #: comes before all that a page shows, and costs no query of its own.
    last_event = None

    @classmethod
    def get_model_class(cls):
        return Session

    def _validate_session_key(self, key):
        """As Django's, but only what Django makes keys of: a cookie may hold anything, NUL too, which PostgreSQL has no
        answer to but an error."""
        return super()._validate_session_key(key) and set(key) <= KEY_CHARACTERS

    def _get_session_from_db(self):
        now = timezone.now()
        newest = Subquery(Event.objects.order_by("-pk").values("pk")[:1])
        found = Session.objects.annotate(last_event=Coalesce(newest, 0))
        self.row = found.filter(session_key=self.session_key, expire_date__gt=now).first()
        if self.row:
            self.last_event = self.row.last_event
        else:
            self._session_key = None
        return self.row

    async def _aget_session_from_db(self):
        return await sync_to_async(self._get_session_from_db)()

    def create_model_instance(self, data):
        return self._about_person(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data):
        return self._about_person(await super().acreate_model_instance(data), data)

    def _about_person(self, row, data):
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.device = device(self.user_agent)
        if self.row and self.row.user_id == row.user_id:
            row.started_at = self.row.started_at
        self.row = row
        return row

    def flush(self):
        super().flush()
        self.row = None

    def touch(self):
        """Write down that it is in use, unless that was done just now."""
        now = timezone.now()
        if self.row and self.row.user_id and self.row.seen_at < now - SEEN_EVERY:
            # Only these columns: what another request has changed of the session stays.
            seen = {"seen_at": now, "device": device(self.user_agent)}
            try:
                Session.objects.filter(session_key=self.row.session_key).update(**seen)
            except DatabaseError as error:  # that is no reason to withhold a page which is ready
                logger.warning("cannot write down that a session is in use: %s", error)


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, which also tells a session that it is in use, and by what."""

    def process_request(self, request):
        super().process_request(request)
        request.session.user_agent = request.headers.get("User-Agent", "")

    def process_response(self, request, response):
        response = super().process_response(request, response)
        if response.status_code < 500:  # as Django saves a session: the database may be what is in trouble
            request.session.touch()
        return response
