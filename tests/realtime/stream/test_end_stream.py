"""Who is refused a stream, and what ends one."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async

from accounts.models import Session
from orgs.models import Membership, Role
from realtime.stream import LIMIT
from tests.cast import PASSWORD, make_user
from tests.realtime.stream.pages import SOON, listening, run, tell, tell_people


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
