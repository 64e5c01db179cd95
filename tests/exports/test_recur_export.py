"""Recurring exports: one file and one e-mail at each slot, by the clock of the person whose export it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from exports.models import LIMIT, ExportJob, TooManyExports
from exports.saved import SavedExport
from exports.tasks import open_due_exports
from jobs.models import Status
from jobs.runner import run
from jobs.schedules import registry
from mail.models import Email
from orgs.models import Role
from tests.cast import make_task
from tests.exports.builders import make_saved_export

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]

#: A Monday.
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def hours(number):
    return MORNING + timedelta(hours=number)


@pytest.fixture
def at(time_machine):
    """Looks at what is due at some moments, as a consumer does each minute."""
    time_machine.move_to(MORNING, tick=False)

    def at(*moments):
        for moment in moments:
            time_machine.move_to(moment, tick=False)
            open_due_exports()

    return at


@pytest.fixture
def carol(cast):
    cast.carol.time_zone = "UTC"
    cast.carol.save()
    return cast.carol


def slots():
    return list(ExportJob.objects.order_by("slot").values_list("slot", flat=True))


def test_it_works(cast, carol, at):
    make_task(cast.acme, "Ship it", status="open")
    make_task(cast.acme, "Done with", status="done")
    saved = make_saved_export(
        cast.acme, carol, "Open tasks", filters={"status": "open"}, columns=["title"], export_format="jsonl"
    )
    at(hours(0.99))
    assert slots() == []
    at(hours(1), hours(1.1), hours(2))
    job = ExportJob.objects.get()
    assert (job.slot, job.requested_by, job.saved_export, job.notify) == (hours(1), carol, saved, True)
    run(ExportJob, job.pk)
    job.refresh_from_db()
    assert job.path.read_text() == '{"title":"Ship it"}\n'
    email = Email.objects.get()
    assert (email.recipient, email.subject) == ("carol@acme.test", "Your export is ready: Open tasks")
    assert f"/orgs/acme/tasks/exports/{job.pk}/" in email.text
    assert f"/orgs/acme/tasks/exports/recurring/{saved.pk}/" in email.text
    at(hours(25))
    assert slots() == [hours(1), hours(25)]


def test_it_is_looked_after_each_minute():
    assert registry["exports.open_due_exports"].cron == "* * * * *"


@pytest.mark.parametrize(
    ("columns", "words", "days"),
    [
        ({"frequency": "daily"}, "Every day at 09:00", ["11-23", "11-24", "11-25"]),
        ({"frequency": "weekly", "weekday": 1}, "Every Monday at 09:00", ["11-23", "11-30", "12-07"]),
        ({"frequency": "weekly", "weekday": 7}, "Every Sunday at 09:00", ["11-29", "12-06", "12-13"]),
        ({"frequency": "monthly", "month_day": 28}, "On day 28 of each month at 09:00", ["11-28", "12-28", "01-28"]),
        (
            {"frequency": "monthly", "month_day": 31},
            "On the last day of each month at 09:00",
            ["11-30", "12-31", "01-31"],
        ),
    ],
)
def test_rhythms(cast, carol, at, columns, words, days):
    saved = make_saved_export(cast.acme, carol, **columns)
    assert saved.in_words == words
    found = []
    for _ in days:
        saved.refresh_from_db()
        found.append(f"{saved.next_slot:%m-%d}")
        at(saved.next_slot)
    assert found == days
    assert len(slots()) == 3


def test_the_last_day_of_february(cast, carol, at):
    at(datetime(2028, 2, 1, tzinfo=UTC))
    saved = make_saved_export(cast.acme, carol, frequency="monthly", month_day=31)
    assert saved.next_slot == datetime(2028, 2, 29, 9, tzinfo=UTC)


# ---- clocks


@pytest.mark.parametrize(
    ("start", "hour", "expected"),
    [
        # On 29 March the hour from two to three is left out, on 25 October it comes twice.
        ("2026-03-27T12:00Z", 9, ["2026-03-28T08:00Z", "2026-03-29T07:00Z", "2026-03-30T07:00Z"]),
        ("2026-03-27T12:00Z", 2, ["2026-03-28T01:00Z", "2026-03-29T01:00Z", "2026-03-30T00:00Z"]),
        ("2026-10-23T12:00Z", 9, ["2026-10-24T07:00Z", "2026-10-25T08:00Z", "2026-10-26T08:00Z"]),
        ("2026-10-23T12:00Z", 2, ["2026-10-24T00:00Z", "2026-10-25T00:00Z", "2026-10-26T01:00Z"]),
    ],
)
def test_a_change_of_the_clocks_neither_doubles_nor_drops_a_run(cast, carol, at, start, hour, expected):
    carol.time_zone = "Europe/Berlin"
    carol.save()
    start = datetime.fromisoformat(start)
    at(start)
    make_saved_export(cast.acme, carol, hour=hour)
    at(*(start + timedelta(minutes=30 * number) for number in range(2 * 70)))
    assert slots() == [datetime.fromisoformat(slot) for slot in expected]


def test_it_moves_when_the_person_moves(cast, carol, at):
    make_saved_export(cast.acme, carol)
    carol.time_zone = "America/New_York"
    carol.save()
    at(hours(0.5), hours(1), hours(2))
    assert slots() == []
    at(hours(6))
    assert slots() == [hours(6)]


def test_a_slot_missed_before_the_person_moved_is_made_good(cast, carol, at):
    make_saved_export(cast.acme, carol)
    carol.time_zone = "Asia/Tokyo"
    carol.save()
    at(hours(1.5), hours(1.6))
    assert slots() == [hours(1)]
    at(hours(16))
    assert slots() == [hours(1), hours(16)]


def test_after_a_time_out_of_service_one_run_is_caught_up(cast, carol, at):
    make_saved_export(cast.acme, carol)
    at(hours(24 * 5 + 3), hours(24 * 5 + 4))
    assert slots() == [hours(24 * 5 + 1)]


def test_a_clock_set_back_repeats_no_slot_and_loses_none(cast, carol, at):
    make_saved_export(cast.acme, carol)
    at(hours(1), hours(25))
    at(hours(0.5), hours(1), hours(24.5), hours(25), hours(49))
    assert slots() == [hours(1), hours(25), hours(49)]


def test_a_clock_set_back_by_years_stops_nothing(cast, carol, at):
    at(MORNING + timedelta(days=3650))
    make_saved_export(cast.acme, carol)
    at(MORNING, hours(1))
    assert slots() == [hours(1)]


def test_a_clock_set_forward_makes_one_run(cast, carol, at):
    make_saved_export(cast.acme, carol)
    at(hours(24 * 400), hours(24 * 400 + 0.1))
    assert len(slots()) == 1


# ---- one slot, one run


def test_two_consumers_at_once_make_one_run(cast, carol, at, time_machine):
    make_saved_export(cast.acme, carol)
    time_machine.move_to(hours(1), tick=False)
    # Both have read the row before either writes.
    first, second = SavedExport.objects.get(), SavedExport.objects.get()
    first.open_slot(hours(1))
    second.open_slot(hours(1))
    assert slots() == [hours(1)]


def test_consumers_at_the_same_moment_make_one_run(cast, carol, at):
    saved = make_saved_export(cast.acme, carol)
    barrier = Barrier(4)

    def look(_):
        row = SavedExport.objects.get(pk=saved.pk)
        barrier.wait()
        try:
            row.open_slot(hours(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    assert slots() == [hours(1)]


def test_the_constraint_stands_behind_the_update(cast, carol, at):
    saved = make_saved_export(cast.acme, carol)
    at(hours(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        saved.run_slot(hours(1), hours(1), missed=0)


def test_the_limit_of_unfinished_exports_does_not_hold_it_up(cast, carol, at):
    saved = make_saved_export(cast.acme, carol)
    for _ in range(LIMIT):
        ExportJob.start(cast.acme, carol)
    at(hours(1))
    assert ExportJob.objects.filter(slot=hours(1)).exists()
    with pytest.raises(TooManyExports):
        saved.run_now()


# ---- pauses


def test_a_paused_one_waits_and_goes_on_with_the_next_slot(cast, carol, at):
    saved = make_saved_export(cast.acme, carol)
    saved.pause()
    at(hours(1), hours(25), hours(26))
    saved.resume()
    at(hours(27))
    assert slots() == []
    at(hours(49))
    assert slots() == [hours(49)]


@pytest.mark.parametrize("how", ["leaves", "becomes a viewer", "is locked out"])
def test_who_may_no_longer_export_pauses_it(cast, carol, at, how):
    saved = make_saved_export(cast.acme, carol)
    if how == "leaves":
        cast.acme.memberships.get(user=carol).remove()
    elif how == "becomes a viewer":
        cast.acme.memberships.get(user=carol).change_role(Role.VIEWER)
    else:
        carol.is_active = False
        carol.save()
    at(hours(1), hours(25))
    saved.refresh_from_db()
    assert (saved.paused, saved.paused_because) == (True, "Carol may no longer export this organization's tasks.")
    assert slots() == []


def test_one_that_breaks_does_not_hold_up_the_others(cast, carol, at, caplog):
    broken, _ = make_saved_export(cast.acme, carol, "A"), make_saved_export(cast.acme, carol, "B")
    ExportJob.objects.create(organization=cast.acme, requested_by=carol)
    SavedExport.objects.filter(pk=broken.pk).update(columns=["title"], export_format="nonsense")
    at(hours(1))
    assert [job.saved_export.name for job in ExportJob.objects.exclude(slot=None)] == ["B"]
    assert "cannot open the slot of the recurring export" in caplog.text


# ---- changes


def test_another_name_leaves_a_due_slot_alone_and_another_hour_counts_from_now(cast, carol, at, time_machine):
    saved = make_saved_export(cast.acme, carol)
    time_machine.move_to(hours(1.001), tick=False)
    saved.change(name="Other")
    at(hours(1.01))
    assert slots() == [hours(1)]
    saved.refresh_from_db()
    saved.change(hour=7)
    at(hours(1.5))
    assert slots() == [hours(1)]
    at(hours(23))
    assert slots() == [hours(1), hours(23)]


def test_the_exports_of_a_deleted_one_stay(cast, carol, at):
    saved = make_saved_export(cast.acme, carol)
    at(hours(1))
    saved.delete()
    job = ExportJob.objects.get()
    assert (job.saved_export, job.status) == (None, Status.PENDING)
    run(ExportJob, job.pk)
    assert Email.objects.get().subject == f"Your export is ready: {job.download_name}"
