"""Everybody who listens to this web process, and the one look at the database for all of them.

    commit, in whatever process ──► data_version changes ──► new events, read once ──► each listener who may hear them

A look each EVERY seconds costs microseconds, and only while somebody listens. All database work happens in one thread
with one connection; the event loop only hands events on.
"""

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, connection

from realtime import feed

logger = logging.getLogger("realtime")

#: Seconds between two looks for new events.
EVERY = 0.1
#: Seconds between two looks at who may still hear what.
ACCESS_EVERY = 3
#: Events that may wait for one listener: whoever is slower is disconnected, and catches up when they come back.
BACKLOG = 200


class Listener:
    """One open stream: whose it is, and what they may hear now."""

    def __init__(self, identity: feed.Identity, access: feed.Access):
        self.identity = identity
        self.access = access
        self.is_over = False
        self._waiting = deque()
        self._news = asyncio.Event()

    def offer(self, event):
        if not self.access.allows(event, self.identity.user_id):
            return
        if len(self._waiting) == BACKLOG:
            self.end()
        else:
            self._waiting.append(event)
            self._news.set()

    def end(self):
        self.is_over = True
        self._news.set()

    async def next(self, patience: float) -> list:
        """The events that have come, in order; none of them after `patience` seconds without news, or at the end."""
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return []
        self._news.clear()
        events = list(self._waiting)
        self._waiting.clear()
        return events


class Hub:
    """The listeners of this process."""

    def __init__(self):
        self.listeners: set[Listener] = set()
        self.is_closed = False
        self._feed = feed.Feed()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        self._watch = None

    async def run(self, function, *args):
        """Run something that uses the database, in the hub's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, _with_connection, function, *args)

    async def join(self, listener: Listener):
        """From now on the listener hears of what is committed."""
        if self._watch is None:
            await self.run(self._feed.start)
        self.listeners.add(listener)
        if self._watch is None:
            self._watch = asyncio.create_task(self._look_again_and_again())

    def leave(self, listener: Listener):
        self.listeners.discard(listener)

    def close(self):
        """End all streams: their browsers come back, to another process or to this one's successor."""
        self.is_closed = True
        for listener in self.listeners:
            listener.end()

    async def _look_again_and_again(self):
        until_access = ACCESS_EVERY
        try:
            while self.listeners:
                await asyncio.sleep(EVERY)
                until_access -= EVERY
                try:
                    for event in await self.run(self._feed.new):
                        for listener in self.listeners:
                            listener.offer(event)
                    if until_access <= 0:
                        until_access = ACCESS_EVERY
                        await self._look_at_access()
                except DatabaseError as error:
                    logger.warning("cannot look for events: %s", error)
                    await asyncio.sleep(1)
        finally:
            self._watch = None
            for listener in self.listeners:  # something unforeseen: nobody is left listening to nothing
                listener.end()

    async def _look_at_access(self):
        listeners = list(self.listeners)
        access = await self.run(feed.access_of, {listener.identity for listener in listeners})
        for listener in listeners:
            now = access.get(listener.identity)
            if now is None:
                listener.end()
            else:
                listener.access = now


def _with_connection(function, *args):
    try:
        return function(*args)
    except DatabaseError:
        connection.close()  # a broken one is not used again
        raise
