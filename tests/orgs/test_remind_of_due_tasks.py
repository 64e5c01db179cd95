"""Each day, at their hour, people are told once of the tasks that are due."""

import datetime

import pytest
import time_machine

from mail import preferences
from mail.models import Email
from orgs.mail import TASKS_DUE
from orgs.models import DueReminder, Membership, Role, Status, Task
from orgs.tasks import open_due_reminders
from tests.cast import make_task

MONDAY = datetime.date(2026, 11, 23)


def utc(text):
    return datetime.datetime.fromisoformat(f"{text}+00:00")


@pytest.fixture
def remind(django_capture_on_commit_callbacks):
    """Look for due reminders, as the schedule does, at a moment of UTC."""

    def remind(moment):
        with time_machine.travel(utc(moment), tick=False), django_capture_on_commit_callbacks(execute=True):
            open_due_reminders()

    return remind


@pytest.fixture
def carol(cast):
    """Carol lives in Berlin, and nobody else has a task."""
    cast.carol.time_zone = "Europe/Berlin"
    cast.carol.save()
    return cast.carol


def due(person, organization, day, **fields):
    return make_task(organization, assigned_to=person, due_date=day, **fields)


def reminders(person):
    return list(Email.objects.filter(kind=TASKS_DUE.name, recipient=person.email).order_by("pk"))


def test_it_works(cast, carol, remind):
    due(carol, cast.acme, MONDAY, title="Water the plants")
    due(carol, cast.acme, MONDAY + datetime.timedelta(days=1), title="Feed the cat")
    due(carol, cast.acme, MONDAY - datetime.timedelta(days=3), title="Pay the rent")
    due(carol, cast.acme, MONDAY + datetime.timedelta(days=2), title="Later")
    due(carol, cast.acme, MONDAY, title="Finished", status=Status.DONE)
    due(cast.bob, cast.acme, MONDAY, title="Bob's")

    remind("2026-11-23T07:59")  # 8:59 in Berlin
    assert not reminders(carol)
    remind("2026-11-23T08:00")
    (email,) = reminders(carol)
    assert email.subject == "3 tasks due: Monday, 23 November"
    overdue, today, tomorrow = (email.text.index(words) for words in ("Overdue", "Due today", "Due tomorrow"))
    assert overdue < email.text.index("Pay the rent") < today < email.text.index("Water the plants") < tomorrow
    assert "Feed the cat" in email.text
    assert not any(title in email.text for title in ("Later", "Finished", "Bob's"))
    assert "Water the plants" in email.html


def test_once_a_day_however_often_it_looks(cast, carol, remind):
    due(carol, cast.acme, MONDAY)
    for moment in ("2026-11-23T08:00", "2026-11-23T08:05", "2026-11-23T21:00", "2026-11-23T22:59"):
        remind(moment)
    assert len(reminders(carol)) == 1
    remind("2026-11-24T08:00")
    assert len(reminders(carol)) == 2


def test_it_is_caught_up_on_the_same_day(cast, carol, remind):
    due(carol, cast.acme, MONDAY)
    remind("2026-11-23T19:00")
    assert [email.subject for email in reminders(carol)] == ["1 task due: Monday, 23 November"]


def test_a_day_on_which_nothing_ran_is_skipped(cast, carol, remind):
    due(carol, cast.acme, MONDAY)
    remind("2026-11-24T08:00")
    assert [email.subject for email in reminders(carol)] == ["1 task due: Tuesday, 24 November"]


def test_one_that_is_run_on_a_later_day_is_not_sent(cast, carol, django_capture_on_commit_callbacks):
    due(carol, cast.acme, MONDAY)
    with time_machine.travel(utc("2026-11-24T00:10"), tick=False), django_capture_on_commit_callbacks(execute=True):
        reminder = DueReminder.objects.create(user=carol, day=MONDAY)
    reminder.refresh_from_db()
    assert (reminder.status, reminder.error) == ("failed", "Too late: the day was over before it could be written.")
    assert not reminders(carol)


def test_an_email_that_is_late_is_withdrawn(cast, carol, remind):
    due(carol, cast.acme, MONDAY)
    remind("2026-11-23T08:00")
    (email,) = reminders(carol)
    with time_machine.travel(utc("2026-11-23T22:59"), tick=False):
        assert TASKS_DUE.is_still_wanted(email)
    with time_machine.travel(utc("2026-11-23T23:01"), tick=False):  # Tuesday in Berlin
        assert not TASKS_DUE.is_still_wanted(email)


@pytest.mark.parametrize(
    ("zone", "early", "time"),
    [
        ("Pacific/Auckland", "2026-11-22T19:59", "2026-11-22T20:00"),  # Monday there, Sunday in UTC
        ("America/Los_Angeles", "2026-11-23T16:59", "2026-11-23T17:00"),
        ("Asia/Kathmandu", "2026-11-23T03:14", "2026-11-23T03:15"),
    ],
)
def test_everybody_s_own_wall_clock_decides(cast, carol, remind, zone, early, time):
    carol.time_zone = zone
    carol.save()
    due(carol, cast.acme, MONDAY)
    remind(early)
    assert not [email for email in reminders(carol) if "23 November" in email.subject]
    remind(time)
    assert len([email for email in reminders(carol) if "23 November" in email.subject]) == 1


def test_the_hour_is_one_s_own(cast, carol, remind):
    carol.reminder_hour = 18
    carol.save()
    due(carol, cast.acme, MONDAY)
    remind("2026-11-23T16:59")
    assert not reminders(carol)
    remind("2026-11-23T17:00")
    assert len(reminders(carol)) == 1


@pytest.mark.parametrize("hour", [2, 3])
@pytest.mark.parametrize("day", [datetime.date(2026, 3, 29), datetime.date(2026, 10, 25)])
def test_changes_of_the_clock_neither_double_nor_skip_a_day(cast, carol, remind, day, hour):
    """On 29 March 2026 no clock in Berlin shows 2:30, on 25 October they show it twice."""
    carol.reminder_hour = hour
    carol.save()
    due(carol, cast.acme, day)
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC) - datetime.timedelta(hours=2)
    # Each quarter of an hour around the change, then each hour.
    for minutes in [*range(0, 6 * 60, 15), *range(6 * 60, 24 * 60, 60)]:
        remind((midnight + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M"))
    assert [reminder.day for reminder in DueReminder.objects.filter(user=carol, day=day)] == [day]
    assert len([email for email in reminders(carol) if f"{day:%-d %B}" in email.subject]) == 1


def test_whoever_does_not_want_it_is_left_alone(cast, carol, remind):
    preferences.opt_out(carol, TASKS_DUE)
    due(carol, cast.acme, MONDAY)
    remind("2026-11-23T08:00")
    assert not reminders(carol)


def test_without_due_tasks_nothing_is_written(cast, carol, remind):
    remind("2026-11-23T08:00")
    assert not reminders(carol)
    assert DueReminder.objects.get(user=carol).status == "done"


def test_it_tells_of_all_one_s_organizations_and_of_no_other(cast, carol, remind):
    Membership.objects.create(organization=cast.elsewhere, user=carol, role=Role.VIEWER)
    due(carol, cast.elsewhere, MONDAY, title="Elsewhere's")
    due(carol, cast.acme, MONDAY, title="Acme's")
    Membership.objects.get(organization=cast.acme, user=carol).remove()
    remind("2026-11-23T08:00")
    (email,) = reminders(carol)
    assert "Elsewhere's" in email.text
    assert "Acme's" not in email.text


def test_a_long_list_is_cut_and_says_so(cast, carol, remind):
    Task.objects.bulk_create(
        Task(organization=cast.acme, title=f"No. {n}", assigned_to=carol, due_date=MONDAY) for n in range(60)
    )
    remind("2026-11-23T08:00")
    (email,) = reminders(carol)
    assert email.subject.startswith("60 tasks due")
    assert email.text.count("- No. ") == 50
    assert "And 10 more." in email.text


def test_a_title_cannot_break_the_html(cast, carol, remind):
    due(carol, cast.acme, MONDAY, title="<script>alert(1)</script>")
    remind("2026-11-23T08:00")
    (email,) = reminders(carol)
    assert "<script>" not in email.html
    assert "<script>alert(1)</script>" in email.text
