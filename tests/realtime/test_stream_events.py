"""One stream for each open page: who hears what, from where, and until when."""

import asyncio
import json
import re
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db.models.signals import post_init
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from exports.models import ExportJob
from orgs.models import Membership, Role
from realtime import feed, hub
from realtime.models import KEPT, Event
from realtime.stream import LIMIT, Stream
from realtime.tasks import trim_events
from tests.cast import PASSWORD, make_cast, make_user

#: Seconds within which what must come has come, on a busy machine.
SOON = 20


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(hub, "EVERY", 0.02)
    monkeypatch.setattr(hub, "ACCESS_EVERY", 0.1)


@pytest.fixture(scope="module")
def cast(installation):
    return make_cast()


@pytest.fixture(autouse=True)
def nothing_told(cast):
    yield
    Event.objects.all().delete()


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
    return asyncio.run(test(Stream()))


def test_it_works(cast):
    async def test(stream):
        async with listening(stream, cast.dave) as page:
            assert page.status == 200
            headers = dict(page.sent[0]["headers"])
            assert headers[b"content-type"].startswith(b"text/event-stream")
            assert headers[b"cache-control"] == b"no-store, no-transform"
            assert headers[b"x-accel-buffering"] == b"no"
            await tell("task.changed", organization_id=cast.acme.pk, actor=cast.carol, task=12)
            await page.until(lambda: page.events)
            assert page.events == [("task.changed", {"task": 12})]
            data = json.loads(page.text.partition("data: ")[2].partition("\n")[0])
            assert (data["organization"], data["actor"]) == (cast.acme.pk, cast.carol.pk)

    run(test)


def test_others_do_not_hear_it(cast):
    async def test(stream):
        async with listening(stream, cast.mallory) as mallory, listening(stream, cast.carol) as carol:
            await tell("task.changed", organization_id=cast.acme.pk, task=1)
            await tell_people("export.changed", [cast.alice.pk], organization_id=cast.acme.pk, export=2)
            await tell_people("export.changed", [cast.mallory.pk], organization_id=cast.acme.pk, export=3)
            await tell("task.changed", organization_id=cast.elsewhere.pk, task=4)
            await tell_people("export.changed", [cast.carol.pk], organization_id=cast.acme.pk, export=5)
            await carol.until(lambda: len(carol.events) == 2)
            await mallory.until(lambda: mallory.events)
            assert carol.events == [("task.changed", {"task": 1}), ("export.changed", {"export": 5})]
            assert mallory.events == [("task.changed", {"task": 4})]

    run(test)


def test_it_goes_on_where_it_was_cut(cast):
    async def test(stream):
        async with listening(stream, cast.carol) as page:
            await tell("task.changed", organization_id=cast.acme.pk, task=1)
            await page.until(lambda: page.events)
        last = page.text.partition("id: ")[2].partition("\n")[0]
        await tell("task.changed", organization_id=cast.acme.pk, task=2)
        await tell("task.changed", organization_id=cast.elsewhere.pk, task=3)
        async with listening(stream, cast.carol, headers={"last-event-id": last}) as page:
            await tell("task.changed", organization_id=cast.acme.pk, task=4)
            await page.until(lambda: len(page.events) == 2)
            assert page.events == [("task.changed", {"task": 2}), ("task.changed", {"task": 4})]

    run(test)


def test_a_page_hears_of_what_happened_since_it_was_made_and_of_nothing_before(cast):
    client = Client(headers={"Accept": "text/html"})
    client.force_login(cast.carol)
    assert last_event_of(client.get("/")) == 0
    Event.tell("task.changed", organization_id=cast.acme.pk, task=1)
    last = last_event_of(client.get("/orgs/acme/tasks/"))
    Event.tell("task.changed", organization_id=cast.acme.pk, task=2)

    async def test(stream):
        async with listening(stream, cast.carol, query=f"last={last}") as page:
            await page.until(lambda: page.events)
            assert page.events == [("task.changed", {"task": 2})]

    run(test)


def last_event_of(page):
    """What a page says is the newest event that it knows of."""
    return int(re.search(r'<html [^>]*data-last-event="(\d+)"', page.text)[1])


def test_a_page_that_is_made_while_its_person_signs_in_begins_with_what_comes(cast):
    async def test(stream):
        await tell("task.changed", organization_id=cast.acme.pk, task=1)
        async with listening(stream, cast.carol, query="last=") as page:
            await tell("task.changed", organization_id=cast.acme.pk, task=2)
            await page.until(lambda: page.events)
            assert page.events == [("task.changed", {"task": 2})]

    run(test)


def test_what_others_are_told_is_not_read_for_whoever_comes_back(cast):
    """Of that there may be a hundred thousand, and all streams of the process would wait meanwhile."""
    Event.objects.bulk_create(
        [
            *(Event(kind="task.changed", organization_id=cast.elsewhere.pk, payload={"task": 1}) for _ in range(300)),
            *(Event(kind="export.changed", user=cast.bob, organization_id=cast.acme.pk) for _ in range(300)),
            Event(kind="task.changed", organization_id=cast.acme.pk, payload={"task": 2}),
        ]
    )
    read, first = [], Event.objects.order_by("pk").first().pk
    access = feed.Access(frozenset([cast.acme.pk]))

    def count(instance, **_):
        read.append(instance)

    post_init.connect(count, sender=Event)
    try:
        missed = feed.missed(first, access, cast.carol.pk)
    finally:
        post_init.disconnect(count, sender=Event)
    assert [event.payload for event in missed] == [{"task": 2}]
    assert len(read) == 1


@pytest.mark.parametrize("number", [10, 10**6])
def test_one_who_has_missed_too_much_is_told_to_load_anew(cast, number):
    Event.objects.bulk_create([Event(kind="task.changed", organization_id=cast.acme.pk) for _ in range(205)])
    first = Event.objects.order_by("pk").first().pk

    async def test(stream):
        last = first if number == 10 else first + number  # one that is not there yet: another database
        async with listening(stream, cast.carol, headers={"last-event-id": str(last)}) as page:
            await page.until(lambda: page.events)
            assert page.events == [("reset", {})]
            assert f"id: {first + 204}\ndata: " in page.text  # where it goes on, the next time that it comes back
            await tell("task.changed", organization_id=cast.acme.pk, task=1)
            await page.until(lambda: len(page.events) == 2)
            assert page.events[1] == ("task.changed", {"task": 1})

    run(test)


def test_a_lost_membership_ends_what_is_heard(cast):
    erin = make_user("Erin")
    cast.acme.add_member(erin, Role.MEMBER)

    async def test(stream):
        async with listening(stream, erin) as page:
            await sync_to_async(Membership.objects.filter(user=erin).delete)()
            (listener,) = stream.hub.listeners
            async with asyncio.timeout(SOON):
                while listener.access.organizations:
                    await asyncio.sleep(0.01)
            await tell("task.changed", organization_id=cast.acme.pk, task=1)
            await tell_people("export.changed", [erin.pk], organization_id=cast.acme.pk, export=2)
            await tell_people("person.changed", [erin.pk])
            await page.until(lambda: page.events)
            assert page.events == [("person.changed", {})]

    run(test)


@pytest.mark.parametrize("way", ["signs out", "changes the password", "is locked out"])
def test_the_end_of_a_session_ends_its_stream(cast, way):
    frank = make_user(f"Frank {way}", email=f"{way.replace(' ', '.')}@acme.test")

    def end(page):
        if way == "signs out":
            Session.objects.filter(session_key=page.client.session.session_key).delete()
        elif way == "changes the password":
            frank.set_password(PASSWORD + "!")
            frank.save()
        else:
            frank.is_active = False
            frank.save()

    async def test(stream):
        async with listening(stream, frank) as page:
            await sync_to_async(end)(page)
            await asyncio.wait_for(asyncio.shield(page.task), SOON)

    run(test)


def test_who_is_not_signed_in_is_refused(cast):
    async def test(stream):
        async with listening(stream, None) as page:
            assert (page.status, json.loads(page.text)) == (401, {"error": "Sign in first."})

    run(test)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"method": "POST"}, 405),
        ({"headers": {"last-event-id": "x"}}, 400),
        ({"headers": {"last-event-id": "9" * 30}}, 400),
        ({"query": "last=x"}, 400),
        ({"headers": {"host": "evil.example"}}, 400),
    ],
)
def test_what_cannot_be_read_is_refused(cast, request_, status):
    async def test(stream):
        async with listening(stream, cast.carol, **request_) as page:
            assert page.status == status

    run(test)


def test_one_person_has_only_so_many_streams(cast):
    async def test(stream):
        stream._open[cast.carol.pk] = LIMIT
        async with listening(stream, cast.carol) as page, listening(stream, cast.bob) as other:
            assert (page.status, other.status) == (429, 200)

    run(test)


def test_all_end_when_the_process_stops(cast):
    async def test(stream):
        async with listening(stream, cast.carol) as page:
            stream.hub.close()
            await asyncio.wait_for(asyncio.shield(page.task), SOON)
        async with listening(stream, cast.carol) as page:
            assert page.status == 503

    run(test)


def test_nobody_looks_while_nobody_listens(cast):
    async def test(stream):
        async with listening(stream, cast.carol):
            assert stream.hub._watch is not None
        async with asyncio.timeout(SOON):
            while stream.hub._watch is not None:
                await asyncio.sleep(0.01)

    run(test)


def test_silence_is_filled(cast, monkeypatch):
    monkeypatch.setattr("realtime.stream.BEAT", 0.05)

    async def test(stream):
        async with listening(stream, cast.carol) as page:
            await page.until(lambda: page.text.count(":\n\n") > 2)

    run(test)


def test_old_events_are_deleted(cast):
    old = timezone.now() - KEPT - timedelta(minutes=1)
    Event.objects.create(kind="task.changed", organization_id=cast.acme.pk, created_at=old)
    young = Event.objects.create(kind="task.changed", organization_id=cast.acme.pk)
    trim_events()
    assert list(Event.objects.all()) == [young]


def test_the_newest_event_stays_so_that_who_comes_back_has_missed_nothing(cast):
    old = timezone.now() - 2 * KEPT
    events = [Event.objects.create(kind="task.changed", organization_id=cast.acme.pk, created_at=old) for _ in range(2)]
    trim_events()
    assert list(Event.objects.all()) == events[1:]
    assert feed.missed(events[1].pk, feed.Access(frozenset([cast.acme.pk])), cast.carol.pk) == []


# ---- what the product tells


def test_an_export_is_heard_by_whoever_may_see_it(cast):
    async def main(stream):
        async with (
            listening(stream, cast.carol) as carol,
            listening(stream, cast.alice) as alice,
            listening(stream, cast.dave) as dave,
        ):
            job = await sync_to_async(ExportJob.start)(cast.acme, cast.carol)
            await sync_to_async(job.cancel)()
            await sync_to_async(Event.tell)("task.changed", organization_id=cast.acme.pk)  # comes after all of it
            for page in carol, alice, dave:
                await page.until(lambda page=page: ("task.changed", {}) in page.events)
            ids = {"export": job.pk, "requester": cast.carol.pk}
            told = [("export.changed", {**ids, "status": status}) for status in ("pending", "cancelled")]
            assert carol.events[:-1] == alice.events[:-1] == told
            assert dave.events == [("task.changed", {})]

    run(main)
