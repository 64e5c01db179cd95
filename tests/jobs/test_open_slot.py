"""Schedules: what is declared in code runs once at each slot of its cron line, and an operator has the last word."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from jobs.models import Schedule, ScheduledRun, Status
from jobs.schedules import registry, schedule
from tests.jobs.slots import NOON, minutes, slots


def test_it_works(declare, at):
    declare("tidy", "*/10 * * * *")
    at(minutes(1), minutes(2), minutes(9))
    assert declare.ran == []
    at(minutes(10), minutes(11), minutes(20))
    assert declare.ran == ["tidy", "tidy"]
    assert slots("tidy") == [minutes(10), minutes(20)]
    assert set(ScheduledRun.objects.values_list("status", flat=True)) == {Status.DONE}


def test_a_changed_cron_line_replaces_the_old_one(declare, at):
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    declare("tidy", "*/7 * * * *")
    at(minutes(2), minutes(7))
    assert slots("tidy") == [minutes(7)]
    assert Schedule.objects.get().cron == Schedule.objects.get().declared_cron == "*/7 * * * *"


def test_an_operators_line_outlives_a_change_of_the_code(declare, at):
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    with time_machine.travel(minutes(2), tick=False):
        Schedule.objects.get().reschedule("15 * * * *")
    declare("tidy", "*/7 * * * *")
    at(minutes(3), minutes(10), minutes(14))
    assert slots("tidy") == []
    at(minutes(15))
    assert slots("tidy") == [minutes(15)]


def test_a_paused_schedule_does_not_run_and_goes_on_with_the_next_slot(declare, at):
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    Schedule.objects.get().pause()
    at(minutes(10), minutes(20))
    with time_machine.travel(minutes(25), tick=False):
        Schedule.objects.get().resume()
    at(minutes(26))
    assert declare.ran == []
    at(minutes(30))
    assert slots("tidy") == [minutes(30)]


def test_run_now_runs_beside_the_slots(declare, at, django_capture_on_commit_callbacks):
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    with time_machine.travel(minutes(5), tick=False), django_capture_on_commit_callbacks(execute=True):
        run = Schedule.objects.get().run_now()
    run.refresh_from_db()
    assert (run.status, declare.ran) == (Status.DONE, ["tidy"])
    at(minutes(10))
    assert slots("tidy") == [minutes(5), minutes(10)]


def test_missed_slots_are_caught_up_by_one_run(declare, at):
    declare("tidy", "*/10 * * * *", catch_up=True)
    at(minutes(1))
    at(minutes(99))
    assert slots("tidy") == [minutes(90)]
    assert declare.ran == ["tidy"]
    at(minutes(100))
    assert slots("tidy") == [minutes(90), minutes(100)]


def test_missed_slots_are_skipped_where_the_schedule_says_so(declare, at):
    declare("greet", "*/10 * * * *", catch_up=False)
    at(minutes(1))
    at(minutes(98))
    assert declare.ran == []
    run = ScheduledRun.objects.get()
    assert (run.slot, run.status) == (minutes(90), Status.CANCELLED)
    assert "does not catch up" in run.error
    at(minutes(104))
    assert declare.ran == ["greet"]


def missed():
    return list(ScheduledRun.objects.missed().order_by("slot").values_list("slot", "missed", "missed_from"))


def test_it_is_known_how_many_slots_were_missed(declare, at):
    declare("tidy", "*/10 * * * *", catch_up=True)
    at(minutes(1), minutes(10))
    at(minutes(99))
    assert missed() == [(minutes(90), 8, minutes(20))]
    run = ScheduledRun.objects.missed().get()
    assert (run.missed_times, run.makes_up) == ("8 times", True)
    at(minutes(100))
    assert len(missed()) == 1


def test_a_slot_that_is_still_on_time_was_not_missed(declare, at):
    declare("tidy", "*/10 * * * *")
    declare("greet", "*/10 * * * *", catch_up=False)
    at(minutes(1), minutes(10) + timedelta(minutes=4))
    assert missed() == []
    at(minutes(33))
    assert missed() == [(minutes(30), 1, minutes(20))] * 2
    assert sorted(declare.ran[-2:]) == ["greet", "tidy"]
    assert [run.makes_up for run in ScheduledRun.objects.missed().order_by("schedule__name")] == [False, True]


def test_a_restart_within_minutes_misses_nothing_of_a_schedule_each_minute(declare, at):
    declare("tidy", "* * * * *")
    at(minutes(1), minutes(2), minutes(6))
    assert missed() == []
    at(minutes(13))
    assert missed() == [(minutes(13), 6, minutes(7))]


def test_a_month_without_power_is_counted_in_no_time(declare, at):
    declare("tidy", "* * * * *")
    at(minutes(1))
    start = timezone.now()
    at(minutes(1) + timedelta(days=31))
    assert timezone.now() - start < timedelta(seconds=1)
    run = ScheduledRun.objects.missed().get()
    assert (run.missed, run.missed_times, run.missed_from) == (10_000, "10,000 times or more", minutes(2))


def test_a_pause_misses_nothing(declare, at):
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    Schedule.objects.get().pause()
    at(minutes(99))
    with time_machine.travel(minutes(99), tick=False):
        Schedule.objects.get().resume()
    at(minutes(100))
    assert missed() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every fifth minute of every hour"),
        ("17 3 * * *", "At 03:17 every day"),
        ("30 4 * * 1", "At 04:30 on Monday"),
        ("every now and then", ""),
    ],
)
def test_a_line_in_words(line, words):
    assert Schedule(name="tidy", cron=line).in_words == words


def test_the_next_slots(declare, at):
    declare("tidy", "30 12,18 * * *")
    at(minutes(1))
    assert Schedule.objects.get().upcoming() == [minutes(30), minutes(390), minutes(30 + 24 * 60)]


def test_a_line_that_cannot_be_read_stops_only_its_own_schedule(declare, at, caplog):
    declare("broken", "*/10 * * * *")
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    Schedule.objects.filter(name="broken").update(cron="every now and then")
    at(minutes(10))
    assert declare.ran == ["tidy"]
    assert "cannot open the slots of the schedule broken" in caplog.text


def test_a_schedule_that_the_code_no_longer_has_does_not_run(declare, at):
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    registry.clear()
    at(minutes(10))
    assert slots("tidy") == []
    run = Schedule.objects.get().run_now()
    ScheduledRun.objects.claim(run.pk)
    with pytest.raises(Exception, match="no schedule named tidy"):
        run.perform()


def test_a_function_that_breaks_fails_its_run_alone(declare, at, job_errors):
    schedule("*/10 * * * *", name="breaks")(lambda: 1 / 0)
    declare("tidy", "*/10 * * * *")
    at(minutes(1), minutes(10))
    assert ScheduledRun.objects.get(schedule__name="breaks").status == Status.FAILED
    assert declare.ran == ["tidy"]
    assert [type(error) for error in job_errors] == [ZeroDivisionError]


def test_two_schedules_cannot_share_a_name(declare):
    schedule("* * * * *", name="tidy")(print)
    with pytest.raises(ValueError, match="Two schedules are named 'tidy'"):
        schedule("* * * * *", name="tidy")(print)


@pytest.mark.parametrize("line", ["", "nonsense", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "0 0 31 4,6 *"])
def test_a_line_that_is_none_is_refused(declare, at, line):
    declare("tidy", "*/10 * * * *")
    at(minutes(1))
    with pytest.raises(ValidationError, match="is not a cron line"):
        Schedule.objects.get().reschedule(line)
    assert Schedule.objects.get().cron == "*/10 * * * *"


@pytest.mark.django_db
def test_the_constraint_stands_behind_the_update(declare):
    row = Schedule.objects.create(name="tidy", cron="* * * * *", declared_cron="* * * * *", next_slot=NOON)
    ScheduledRun.objects.create(schedule=row, slot=NOON)
    with pytest.raises(IntegrityError):
        ScheduledRun.objects.create(schedule=row, slot=NOON)
