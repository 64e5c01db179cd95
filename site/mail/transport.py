"""How messages leave: through the Django backend that EMAIL_URL names.

SMTP connections are kept for a few idle seconds and shared by the worker threads, one message at a time, so that a
burst does not connect and sign in for each message. While the server cannot be reached, messages fail at once with what
the last one found: a burst neither waits for a hanging server one by one, nor tries a wrong password a thousand times.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

from mail import smtp
from mail.errors import Deferred, Refused, Unavailable

#: EMAIL_TRANSPORT where EMAIL_URL names a mail server.
SMTP = "mail.smtp.EmailBackend"
#: Seconds for which an idle connection is kept.
KEEP = 5
#: Seconds for which a server that could not be reached is left alone.
LEAVE_ALONE = 10


def is_configured() -> bool:
    """Whether there is a way out for mail."""
    return bool(settings.EMAIL_TRANSPORT)


def send(message, handing_over) -> str:
    """Send one EmailMessage. Returns the server's last answer, or "" where the transport knows none.

    `handing_over` is called when the next thing to leave is the message itself; what it raises passes through, and
    nothing leaves. Raises Deferred, Refused or Unavailable.
    """
    if settings.EMAIL_TRANSPORT != SMTP:
        handing_over()
        get_connection(settings.EMAIL_TRANSPORT).send_messages([message])
        return ""
    kept = pool.take()
    if kept is not None:
        try:
            return _send(kept, message, handing_over)
        except (Deferred, Unavailable):
            # The server may end a conversation between two messages (RFC 5321, 3.8): then once more on a new one.
            if kept.is_open or kept.handed_over:
                raise
    return _send(pool.connect(), message, handing_over)


def _send(backend, message, handing_over):
    try:
        return backend.deliver(message, handing_over)
    finally:
        pool.put(backend)


@dataclass(frozen=True)
class Trial:
    """What came of asking the server: whether it agreed, and the dialogue, a line each."""

    accepted: bool
    dialogue: list[str]


def try_out(recipient: str) -> Trial:
    """Send a test message to the address, on a connection of its own, whatever happened before."""
    if not is_configured():
        return Trial(False, [_("EMAIL_URL is not set: there is no mail server to ask.")])
    words = _("This is a test from Roost at %(address)s. It has arrived: mail works.") % {
        "address": settings.PUBLIC_URL
    }
    message = EmailMessage(_("Test from Roost"), words, settings.DEFAULT_FROM_EMAIL, [recipient])
    if settings.EMAIL_TRANSPORT != SMTP:
        get_connection(settings.EMAIL_TRANSPORT).send_messages([message])
        return Trial(
            True,
            [_("Given to %(transport)s, which has no dialogue to show.") % {"transport": settings.EMAIL_TRANSPORT}],
        )
    backend = get_connection(SMTP)
    opening = []
    try:
        backend.open()
        opening = list(backend.dialogue)
        backend.deliver(message)
        accepted, end = True, []
    except (Deferred, Refused):
        accepted, end = False, []
    except Unavailable as error:
        accepted, end = False, [str(error)]
    finally:
        backend.drop()
    return Trial(accepted, [*opening, *backend.dialogue, *end])


def sign_in() -> Trial:
    """Connect to the mail server and sign in, on a connection of its own; nothing is sent."""
    if not is_configured():
        return Trial(False, [_("EMAIL_URL is not set: there is no mail server to ask.")])
    if settings.EMAIL_TRANSPORT != SMTP:
        return Trial(
            True,
            [
                _("Mail is given to %(transport)s, which has no dialogue to show.")
                % {"transport": settings.EMAIL_TRANSPORT}
            ],
        )
    backend = get_connection(SMTP)
    try:
        backend.open()
        accepted, end = True, []
    except Unavailable as error:
        accepted, end = False, [str(error)]
    finally:
        backend.drop()
    return Trial(accepted, [*backend.dialogue, *end])


class Pool:
    """Open connections that nobody uses just now, and when the server may be tried again."""

    def __init__(self):
        self._lock = threading.Lock()
        self._idle = []  # (idle since, backend), the longest idle first; times are time.monotonic()
        self._janitor = None
        self._left_alone_until = 0
        self._trouble = ""

    def take(self) -> smtp.EmailBackend | None:
        """The connection that was used last, or None. The server may have closed it meanwhile."""
        with self._lock:
            return self._idle.pop()[1] if self._idle else None

    def put(self, backend):
        """Keep it for the next message, if it is still open."""
        if not backend.is_open:
            return
        with self._lock:
            self._idle.append((time.monotonic(), backend))
            if self._janitor is None:
                self._clean_up_later()

    def connect(self) -> smtp.EmailBackend:
        """A new connection. Raises Unavailable, at once where it just happened to another."""
        if time.monotonic() < self._left_alone_until:
            raise Unavailable(self._trouble)
        backend = get_connection(settings.EMAIL_TRANSPORT)
        try:
            backend.open()
        except Unavailable as error:
            self._trouble, self._left_alone_until = str(error), time.monotonic() + LEAVE_ALONE
            raise
        return backend

    def close(self, idle_for=0):
        """Say goodbye on connections that have been idle for so many seconds."""
        with self._lock:
            limit = time.monotonic() - idle_for
            old = [backend for since, backend in self._idle if since <= limit]
            self._idle = [(since, backend) for since, backend in self._idle if since > limit]
            if self._janitor is not None:
                self._janitor.cancel()
                self._janitor = None
            if self._idle:
                self._clean_up_later()
        for backend in old:
            with suppress(OSError):
                backend.close()
            backend.drop()

    def _clean_up_later(self):
        self._janitor = threading.Timer(KEEP, self.close, [KEEP])
        self._janitor.daemon = True
        self._janitor.start()


pool = Pool()
