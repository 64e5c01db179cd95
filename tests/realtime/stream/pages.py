"""Pages that listen to a stream, in the process of the test."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client

from realtime.models import Event
from realtime.stream import Stream

#: Seconds within which what must come has come, on a busy machine.
SOON = 20


class Page:
    """An open page of `user` (None: of somebody who has not signed in) that listens."""

    def __init__(self, stream, user, **request):
        self.stream = stream
        self.client = Client()
        if user:
            self.client.force_login(user)
        self.request = request
        self.sent, self._news, self.left = [], asyncio.Event(), asyncio.Event()

    @property
    def scope(self):
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in self.client.cookies.items())
        headers = {"host": "localhost", "cookie": cookies, **self.request.get("headers", {})}
        return {
            "type": "http",
            "http_version": "1.1",
            "method": self.request.get("method", "GET"),
            "scheme": "http",
            "raw_path": b"/events/",
            "query_string": self.request.get("query", "").encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

    async def open(self):
        async def receive():
            await self.left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            self.sent.append(message)
            self._news.set()

        await self.stream(self.scope, receive, send)

    @property
    def status(self):
        return next((message["status"] for message in self.sent if "status" in message), None)

    @property
    def text(self):
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    @property
    def events(self):
        """(kind, ids) of each event that has arrived; ("reset", {}) where the page is to be loaded anew."""
        told = [json.loads(line[6:]) for line in self.text.split("\n") if line.startswith("data: ")]
        return [(event["kind"], event.get("ids", {})) for event in told]

    async def until(self, condition):
        async with asyncio.timeout(SOON):
            while not condition():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def listening(stream, user, **request):
    """A Page whose stream has begun; it leaves at the end."""
    page = await sync_to_async(Page)(stream, user, **request)
    task = asyncio.create_task(page.open())
    await page.until(lambda: "retry" in page.text or page.status not in (None, 200))
    while page.status == 200 and not stream.hub.listeners:
        await asyncio.sleep(0.01)
    page.task = task
    try:
        yield page
    finally:
        page.left.set()
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, SOON)


tell = sync_to_async(Event.tell)


tell_people = sync_to_async(Event.tell_people)


def run(test):
    """Run an asynchronous test with a Stream of its own."""

    async def with_stream():
        try:
            await test(Stream())
        finally:
            await sync_to_async(forget_database)()

    asyncio.run(with_stream())


def forget_database():
    """The thread that did the synchronous work outlives the module; the next one has another database."""
    connections["default"].close()
    del connections["default"]
