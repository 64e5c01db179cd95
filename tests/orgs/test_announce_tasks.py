"""Many new tasks that everybody sees at once, or never: orgs.models.Arrival."""

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from orgs.models import Arrival, Task
from orgs.models.arrival import BATCH, BATCH_TEXT, Withdrawn, batches
from orgs.search import candidates
from tests.cast import make_task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def carol(cast):
    program = Client(headers={"accept": "application/json"})
    program.force_login(cast.carol)
    return program


def row(new_id, title="Announced", description=""):
    now = timezone.now()
    return [new_id, title, description, "open", 3, None, None, None, now, now, None]


def announce(organization, count, **texts):
    """An Arrival whose tasks are written."""
    arrival = Arrival.announce(organization, count)
    for batch in batches(row(new_id, **texts) for new_id in arrival.ids):
        arrival.add(batch)
    return arrival


def test_it_works(cast):
    arrival = announce(cast.acme, 2 * BATCH + 1)
    assert not Task.objects.exists()
    arrival.open()
    assert list(cast.acme.tasks.order_by("pk").values_list("pk", flat=True)) == list(arrival.ids)
    assert not Arrival.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "tasks/",
        "tasks/?q=Announced",
        "tasks/?q=An",
        "tasks/?sort=due&status=open",
        "tasks/?assigned_to=none&priority=3",
    ],
)
def test_no_list_has_them_before(cast, carol, address):
    make_task(cast.acme, "Announced long ago")
    arrival = announce(cast.acme, 3)

    def titles():
        return sorted(task["title"] for task in carol.get(f"/orgs/acme/{address}").json()["tasks"])

    assert titles() == ["Announced long ago"]
    arrival.open()
    assert titles() == ["Announced"] * 3 + ["Announced long ago"]


def test_nobody_can_reach_one_by_its_number(cast, carol):
    arrival = announce(cast.acme, 1)
    address = f"/orgs/acme/tasks/{arrival.first_id}/"
    assert carol.get(address).status_code == 404
    assert Task.objects.filter(pk=arrival.first_id).change(cast.carol, status="done") == []
    arrival.open()
    assert carol.get(address).status_code == 200


def test_tasks_that_others_add_meanwhile_have_other_ids_and_are_seen(cast):
    before = make_task(cast.acme)
    first, between, second = Arrival.announce(cast.acme, 3), make_task(cast.acme), Arrival.announce(cast.elsewhere, 2)
    after = make_task(cast.acme)
    ids = [before.pk, *first.ids, between.pk, *second.ids, after.pk]
    assert ids == sorted(set(ids))
    assert set(Task.objects.all()) == {before, between, after}


def test_withdrawn_ones_leave_nothing(cast):
    mine = make_task(cast.acme, "Announced by hand")
    arrival, beats = announce(cast.acme, 2 * BATCH), []
    arrival.withdraw(lambda: beats.append(1))
    assert list(Task._base_manager.all()) == [mine]
    assert candidates(cast.acme, "Announced", 10) in ([mine.pk], None)  # None: a database without that index
    assert not Arrival.objects.exists()
    assert len(beats) == 2
    arrival.withdraw()  # once more does nothing


def test_whoever_still_adds_some_to_a_withdrawn_one_is_told(cast):
    arrival = Arrival.announce(cast.acme, 2)
    Arrival.objects.get().withdraw()
    with pytest.raises(Withdrawn):
        arrival.add([row(arrival.first_id)])
    assert not Task._base_manager.exists()


def test_one_that_was_opened_cannot_be_withdrawn(cast):
    arrival = announce(cast.acme, 2)
    other = Arrival.objects.get()
    arrival.open()
    other.withdraw()
    assert cast.acme.tasks.count() == 2


def test_one_that_lacks_tasks_is_not_opened(cast):
    arrival = Arrival.announce(cast.acme, 2)
    arrival.add([row(arrival.first_id)])
    with pytest.raises(Withdrawn), transaction.atomic():
        arrival.open()
    assert not Task.objects.exists()


def test_it_goes_with_its_organization(cast):
    announce(cast.acme, 2)
    cast.acme.delete()
    assert not Arrival.objects.exists()
    assert not Task._base_manager.exists()


def test_long_texts_make_small_batches():
    rows = [row(1, description="x" * (BATCH_TEXT // 2)) for _ in range(5)]
    assert [len(batch) for batch in batches(rows)] == [2, 2, 1]
    assert [len(batch) for batch in batches(row(1) for _ in range(BATCH + 1))] == [BATCH, 1]
