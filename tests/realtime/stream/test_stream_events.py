"""One stream for each open page: who hears what."""

import asyncio
import json

from asgiref.sync import sync_to_async

from exports.models import ExportJob
from realtime.models import Event
from tests.realtime.stream.pages import SOON, listening, run, tell, tell_people


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
