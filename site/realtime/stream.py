"""`GET /events/`: one stream of Server-Sent Events for each open page
(https://html.spec.whatwg.org/multipage/server-sent-events.html).

    id: 4711
    data: {"kind": "task.changed", "organization": 3, "actor": 7, "at": "…", "ids": {"task": 12}}

It begins after `Last-Event-ID`, which a browser sends when it comes back, or after the parameter `last`: the newest
event when the page was made, or the last one that it heard of before it was hidden. The kind `reset` says that more was
missed than can be told: load the page anew.

It is an ASGI application of its own, beside Django's: under Django's handler each stream would keep a thread, and a
database connection with it, for as long as its page is open.
"""

import asyncio
import json
import logging
import signal
from collections import Counter
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError

from config.headers import RAW_HEADERS
from config.pages import environ
from config.wsgi import Request
from realtime import feed
from realtime.hub import Hub, Listener
from realtime.models import Event

logger = logging.getLogger("realtime")

#: Milliseconds after which a browser comes back once its stream has ended.
RETRY = 2000
#: Seconds of silence after which a comment is sent: proxies cut what says nothing for a minute.
BEAT = 20
#: Streams that one person may have open in this process: further ones are refused.
LIMIT = 20
#: No id of ours is longer.
LONGEST_ID = 18

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx must not collect what it passes on
    *RAW_HEADERS,
]


class Refused(Exception):
    """Raised with the status and the words of the answer."""


class Stream:
    """The ASGI application of all streams of this process."""

    def __init__(self):
        self.hub = Hub()
        self._open = Counter()  # by user
        self._hears_signals = False

    async def __call__(self, scope, receive, send):
        try:
            if scope["method"] != "GET":
                raise Refused(405, "Only GET.")
            self._hear_signals()
            if self.hub.is_closed:
                raise Refused(503, "This process is stopping.")
            identity, access = await self.hub.run(_identify, scope)
            last_id = _beginning(scope)
            if self._open[identity.user_id] >= LIMIT:
                raise Refused(429, f"You have {LIMIT} open pages that listen. Close some of them.")
        except Refused as refusal:
            await _refuse(send, *refusal.args)
            return
        except DatabaseError as error:
            logger.warning("cannot open a stream: %s", error)
            await _refuse(send, 503, "The database cannot be reached.")
            return
        listener = Listener(identity, access)
        self._open[identity.user_id] += 1
        gone = asyncio.create_task(_disconnected(receive, listener))
        try:
            await self._serve(listener, last_id, send)
        finally:
            gone.cancel()
            self.hub.leave(listener)
            self._open[identity.user_id] -= 1

    async def _serve(self, listener, last_id, send):
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _say(send, f"retry: {RETRY}\n\n")
        # First join, then ask for what was missed: what comes in between comes twice, and is told once.
        await self.hub.join(listener)
        last = last_id or 0
        try:
            missed = await self.hub.run(feed.missed, last_id, listener.access, listener.identity.user_id)
            if missed is None:
                last = await self.hub.run(Event.newest_id)
        except DatabaseError as error:
            logger.warning("cannot tell what was missed: %s", error)
            missed = None
        if missed is None:
            # With an id, after which it goes on: else all would be told anew whenever the browser comes back.
            await _say(send, f"id: {last}\n" + _data(kind="reset"))
        for event in missed or []:
            await _say(send, _in_words(event))
            last = event.pk
        while not listener.is_over:
            events = [event for event in await listener.next(BEAT) if event.pk > last]
            if events:
                await _say(send, "".join(map(_in_words, events)))
                last = events[-1].pk
            elif not listener.is_over:
                await _say(send, ":\n\n")
        await send({"type": "http.response.body", "body": b""})

    def _hear_signals(self):
        """End all streams when this process is told to stop: the server waits for open connections before it tells its
        application (lifespan.shutdown), and theirs would never end.

        asyncio has no public way to add to the handler that the server has set.
        """
        if self._hears_signals:
            return
        self._hears_signals = True
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            servers = getattr(loop, "_signal_handlers", {}).get(number)
            if servers is not None:
                loop.add_signal_handler(number, self._stop, servers)

    def _stop(self, servers):
        self.hub.close()
        servers._run()


# ---- who it is


def _identify(scope):
    """The Identity of whoever asks, and their Access. Raises Refused."""
    request = Request(environ(scope))
    try:
        request.get_host()
    except DisallowedHost as error:
        raise Refused(400, "Not a name of this host.") from error
    request.session = feed.session_store()(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated:
        raise Refused(401, "Sign in first.")
    identity = feed.Identity(user.pk, request.session.session_key, request.session[HASH_SESSION_KEY])
    access = feed.access_of([identity]).get(identity)
    if access is None:
        raise Refused(401, "Sign in first.")
    return identity, access


def _beginning(scope):
    """The id after which it is to tell; None where that was not said. Raises Refused."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    last_id = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1") or query.get("last", [""])[0]
    if last_id and not (last_id.isascii() and last_id.isdecimal() and len(last_id) <= LONGEST_ID):
        raise Refused(400, "Last-Event-ID must be the number of an event.")
    return int(last_id) if last_id else None


# ---- what is sent


def _in_words(event) -> str:
    return f"id: {event.pk}\n" + _data(
        kind=event.kind,
        organization=event.organization_id,
        actor=event.actor_id,
        at=event.created_at.isoformat(),
        ids=event.payload,
    )


def _data(**data) -> str:
    return f"data: {json.dumps(data)}\n\n"


async def _say(send, text):
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _refuse(send, status, words):
    body = json.dumps({"error": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *RAW_HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _disconnected(receive, listener):
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.end()
