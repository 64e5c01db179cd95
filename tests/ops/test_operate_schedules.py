"""The pages of schedules, for whoever operates the installation."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from time_machine import travel

from jobs.models import Schedule, ScheduledRun, Status
from jobs.schedules import open_due_slots, registry, schedule
from orgs.models import AuditEntry
from tests.ops.screens import operator_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAGES = "/ops/schedules/"


@pytest.fixture
def ran():
    """One schedule, each ten minutes, in place of the product's; gives what notes its runs."""
    product, ran = dict(registry), []
    registry.clear()

    @schedule("*/10 * * * *", name="tidy")
    def tidy():
        """Tidy up."""
        ran.append(timezone.now())

    yield ran
    registry.clear()
    registry.update(product)


@pytest.fixture
def tidy(ran, time_machine):
    time_machine.move_to(NOON, tick=False)
    open_due_slots()
    return Schedule.objects.get()


@pytest.fixture
def operator(cast):
    cast.carol.time_zone = "Europe/Berlin"
    return operator_of(cast.carol)


def test_it_works(operator, tidy):
    page = operator.get(PAGES).content.decode()
    for words in ("tidy", "Tidy up.", "*/10 * * * *", "as declared", "23 Nov 2026, 13:10", "None yet"):
        assert words in page
    assert "Schedules</a>" in page  # in the menu


def test_another_line_counts_from_now_and_the_declared_one_is_shown(operator, tidy):
    operator.post(f"{PAGES}{tidy.pk}/", {"cron": " 15  * * * * "})
    tidy.refresh_from_db()
    assert (tidy.cron, tidy.next_slot) == ("15 * * * *", NOON.replace(minute=15))
    page = operator.get(PAGES).content.decode()
    assert "as declared" not in page
    assert "*/10 * * * *" in page
    assert 'value="*/10 * * * *"' in operator.get(f"{PAGES}{tidy.pk}/").content.decode()
    operator.post(f"{PAGES}{tidy.pk}/", {"cron": tidy.declared_cron})
    assert "as declared" in operator.get(PAGES).content.decode()


@pytest.mark.parametrize("line", ["nonsense", "* * * *", "61 * * * *", "0 0 30 2 *", "9" * 5_000 + " * * * *"])
def test_a_line_that_is_none_is_refused(operator, tidy, line):
    page = operator.post(f"{PAGES}{tidy.pk}/", {"cron": line})
    assert "is not a cron line" in page.content.decode()
    tidy.refresh_from_db()
    assert tidy.cron == "*/10 * * * *"


def test_run_now(operator, tidy, ran, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        page = operator.post(f"{PAGES}{tidy.pk}/run/", follow=True)
    assert "tidy runs now." in page.content.decode()
    assert ran == [NOON]
    assert "Done" in operator.get(PAGES).content.decode()


def test_the_outcome_of_the_last_run_is_shown(operator, tidy):
    ScheduledRun.objects.create(schedule=tidy, slot=NOON, status=Status.DONE)
    ScheduledRun.objects.create(
        schedule=tidy, slot=NOON.replace(minute=1), status=Status.FAILED, error="The disk is full."
    )
    for page in PAGES, f"{PAGES}{tidy.pk}/":
        content = operator.get(page).content.decode()
        assert "Failed" in content
        assert "The disk is full." in content


def test_pause_and_resume(operator, tidy):
    assert "Paused" in operator.post(f"{PAGES}{tidy.pk}/pause/", follow=True).content.decode()
    tidy.refresh_from_db()
    assert tidy.paused
    assert "Paused" not in operator.post(f"{PAGES}{tidy.pk}/resume/", follow=True).content.decode()
    tidy.refresh_from_db()
    assert not tidy.paused


def test_one_that_the_release_no_longer_has_is_told_and_not_run(operator, tidy):
    registry.clear()
    assert "Not in this release" in operator.get(PAGES).content.decode()
    assert "has no schedule named tidy" in operator.post(f"{PAGES}{tidy.pk}/run/", follow=True).content.decode()
    assert not ScheduledRun.objects.exists()


def test_before_the_first_start_it_says_how_they_come(operator):
    assert "No schedules yet" in operator.get(PAGES).content.decode()


@pytest.mark.usefixtures("immediate_queues")
def test_every_schedule_of_the_product_says_what_it_is_for(operator, django_assert_max_num_queries):
    open_due_slots()
    with django_assert_max_num_queries(6):
        rows = operator.get(PAGES).context["rows"]
    assert {schedule.name for schedule, _, _ in rows} == registry.keys()
    assert all(purpose for _, purpose, _ in rows)


@pytest.mark.parametrize("path", ["", "1/", "1/pause/", "1/resume/", "1/run/"])
def test_others_do_not_see_that_it_exists(cast, client, path):
    client.force_login(cast.alice)  # an owner, but not of the installation
    assert client.get(PAGES + path).status_code == 404
    assert client.post(PAGES + path).status_code == 404


def look(*moments):
    """A consumer looks at the schedules at these moments."""
    for moment in moments:
        with travel(moment, tick=False):
            open_due_slots()


def test_a_line_stands_in_words_with_the_next_three_runs(operator, tidy):
    page = operator.get(f"{PAGES}{tidy.pk}/").content.decode()
    assert "Every 10th minute of every hour" in page
    for time in ("13:10", "13:20", "13:30"):
        assert f"23 Nov 2026, {time}" in page
    assert "Every 10th minute of every hour" in operator.get(PAGES).content.decode()


def test_what_did_not_run_while_the_box_was_down_is_told(operator, tidy):
    look(NOON.replace(hour=14, minute=3))
    for page in PAGES, f"{PAGES}{tidy.pk}/":
        content = operator.get(page).content.decode()
        assert "Missed 11 times" in content
        assert "Did not run while Roost was down, from" in content
        assert "This run makes up for it." in content


def test_one_that_nobody_looks_at_is_overdue(operator, tidy, time_machine):
    assert "Overdue" not in operator.get(PAGES).content.decode()
    time_machine.move_to(NOON.replace(minute=16), tick=False)
    assert "Overdue" in operator.get(PAGES).content.decode()
    assert "no consumer has looked at it" in operator.get(f"{PAGES}{tidy.pk}/").content.decode()


def test_a_line_that_cannot_be_read_is_told_and_can_be_mended(operator, tidy):
    Schedule.objects.update(cron="every now and then")
    assert "This is no cron line" in operator.get(PAGES).content.decode()
    assert "this is no cron line" in operator.get(f"{PAGES}{tidy.pk}/").content.decode()
    operator.post(f"{PAGES}{tidy.pk}/", {"cron": "15 * * * *"})
    tidy.refresh_from_db()
    assert tidy.cron == "15 * * * *"


def test_runs_are_read_page_by_page(operator, tidy):
    look(*(NOON + timedelta(minutes=10 * number) for number in range(1, 31)))
    first = operator.get(f"{PAGES}{tidy.pk}/").context["page"]
    assert first.items[0].slot == NOON + timedelta(minutes=300)
    rest = operator.get(f"{PAGES}{tidy.pk}/?{first.next_query}").context["page"]
    assert [run.slot.minute for run in rest.items] == [50, 40, 30, 20, 10]
    assert operator.get(f"{PAGES}{tidy.pk}/?after=nonsense").status_code == 400


def test_who_did_what_is_written_down(operator, cast, tidy):
    for path, data in (("pause/", {}), ("resume/", {}), ("run/", {}), ("", {"cron": "15 * * * *"})):
        operator.post(f"{PAGES}{tidy.pk}/{path}", data)
    entries = AuditEntry.objects.order_by("pk")
    assert [(entry.actor, entry.action, entry.target) for entry in entries] == [
        (cast.carol, action, "schedule tidy") for action in ("paused", "resumed", "ran", "changed")
    ]
    assert entries.last().details == {"before": "*/10 * * * *", "after": "15 * * * *"}


def test_what_could_not_be_done_is_not_written_down(operator, tidy):
    operator.post(f"{PAGES}{tidy.pk}/", {"cron": "nonsense"})
    registry.clear()
    operator.post(f"{PAGES}{tidy.pk}/run/")
    assert not AuditEntry.objects.exists()
