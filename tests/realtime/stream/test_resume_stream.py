"""From where a page hears what happens: where it was cut, since it was made, or anew."""

import re
from datetime import timedelta

import pytest
from django.db.models.signals import post_init
from django.test import Client
from django.utils import timezone

from realtime import feed
from realtime.models import KEPT, Event
from realtime.tasks import trim_events
from tests.realtime.stream.pages import listening, run, tell


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
