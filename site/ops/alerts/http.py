"""The POST to the webhook. Its address may hold a secret: it stands in no error and in no log line."""

import hashlib
import hmac
import json
import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from django.conf import settings
from django.utils.translation import gettext as _

from config.release import VERSION
from jobs.errors import JobFailed

#: Seconds that each step may take: to connect, to agree on TLS, to give another piece of an answer; and all of it.
TIMEOUT = 10
DEADLINE = 30
#: Answers that say: not now (RFC 9110, 15.5.9; RFC 6585, 4). Those of 500 and above say so too.
NOT_NOW = (408, 425, 429)


class Unavailable(Exception):
    """The webhook does not answer, or not now. The words are for an operator."""


def problem(url: str) -> str:
    """What is wrong with the address of a webhook, in words that do not repeat it; "" where nothing is."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises ValueError where it is none)
    except ValueError:
        return _("ALERT_WEBHOOK_URL is no address.")
    if not url.isascii() or not url.isprintable() or " " in url:
        return _(
            "ALERT_WEBHOOK_URL holds a space or a character that an address cannot hold: write it percent-encoded."
        )
    if parts.scheme not in ("http", "https"):
        return _("ALERT_WEBHOOK_URL does not begin with https://.")
    if parts.username is not None or parts.password is not None:
        return _(
            "ALERT_WEBHOOK_URL holds a user name or a password, which is not supported: put the secret into its path "
            "or query."
        )
    return "" if parts.hostname else _("ALERT_WEBHOOK_URL names no host.")


def post(payload: dict) -> int:
    """Send it as JSON to ALERT_WEBHOOK_URL, signed where there is an ALERT_WEBHOOK_SECRET. Returns the status.

    A redirect is not followed: what is for one host is for no other. Raises Unavailable where another try may help, and
    JobFailed where it does not.
    """
    url = settings.ALERT_WEBHOOK_URL
    if what := problem(url):
        raise JobFailed(what)
    body = json.dumps(payload).encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"Roost/{VERSION}", **signature(body)}
    deadline = _Deadline()
    try:
        with deadline, _opener(deadline).open(Request(url, body, headers), timeout=TIMEOUT) as answer:  # noqa: S310 (`problem` looked)
            status = answer.status
    except (OSError, HTTPException) as error:
        words = _words(TimeoutError(), DEADLINE) if deadline.is_over else _words(error, TIMEOUT)
        raise Unavailable(_("The webhook cannot be reached: %(error)s.") % {"error": words}) from None
    if 200 <= status < 300:
        return status
    if status >= 500 or status in NOT_NOW:
        raise Unavailable(_("The webhook answered %(status)s.") % {"status": status})
    if 300 <= status < 400:
        raise JobFailed(
            _("The webhook answered %(status)s, a redirect: set ALERT_WEBHOOK_URL to where it leads.")
            % {"status": status}
        )
    raise JobFailed(
        _("The webhook answered %(status)s: it does not take this. Check ALERT_WEBHOOK_URL.") % {"status": status}
    )


def signature(body: bytes) -> dict[str, str]:
    """The header by which the receiver knows that we wrote the body: its HMAC-SHA256 (RFC 2104), in hexadecimal."""
    secret = settings.ALERT_WEBHOOK_SECRET
    if not secret:
        return {}
    return {"X-Roost-Signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


class _Deadline:
    """Within the block, connections that are `followed` are cut once DEADLINE is over: a server that gives a byte now
    and then never lets a timeout come, and the thread of a consumer has no other limit."""

    def __init__(self):
        self.connections, self.is_over = [], False
        self.ended = threading.Event()

    def __enter__(self):
        threading.Thread(target=self.watch, daemon=True).start()

    def __exit__(self, *_):
        self.ended.set()

    def followed(self, kind):
        """A kind of connection (http.client) as one that the deadline knows."""

        def connection(*args, **options):
            self.connections.append(kind(*args, **options))
            return self.connections[-1]

        return connection

    def watch(self):
        if self.ended.wait(DEADLINE):
            return
        self.is_over = True
        while not self.ended.wait(0.1):  # again and again: one may just be made
            for connection in self.connections:
                with suppress(OSError, AttributeError):  # it ends just now; it has no socket yet
                    connection.sock.shutdown(socket.SHUT_RDWR)


class _Http(HTTPHandler):
    def __init__(self, deadline):
        super().__init__()
        self.connection = deadline.followed(HTTPConnection)

    def http_open(self, request):
        return self.do_open(self.connection, request)


class _Https(HTTPSHandler):
    def __init__(self, deadline):
        super().__init__()
        self.connection = deadline.followed(HTTPSConnection)

    def https_open(self, request):
        return self.do_open(self.connection, request)


def _opener(deadline):
    """Speaks HTTP and HTTPS and nothing else, through HTTPS_PROXY where that is set, and gives each answer as it is."""
    opener = OpenerDirector()
    for handler in ProxyHandler(), _Http(deadline), _Https(deadline):
        opener.add_handler(handler)
    return opener


def _words(error, seconds):
    if isinstance(error, URLError) and isinstance(error.reason, OSError):
        error = error.reason
    if isinstance(error, TimeoutError):
        return _("no answer within %(seconds)s s") % {"seconds": seconds}
    if not isinstance(error, OSError):
        return _("it does not speak HTTP")
    return error.strerror or _("the connection broke")
