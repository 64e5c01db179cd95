"""Each minute: what dead workers held goes on, and what nobody rang for is rung."""

import subprocess
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import worker
from jobs.models import Status
from jobs.sweep import kinds, sweep
from tests.kinds.models import Errand, Note, Sprint

pytestmark = pytest.mark.django_db


@pytest.fixture
def held():
    """Makes an errand that runs, its columns as given."""

    def held(**columns):
        errand = Errand.objects.claim(Errand.objects.create().pk)
        Errand.objects.filter(pk=errand.pk).update(**columns)
        errand.refresh_from_db()
        return errand

    return held


@pytest.fixture
def dead_worker():
    """The name of a process of this host that is gone."""
    process = subprocess.Popen(["true"])
    name = worker.identity(process.pid)
    process.wait()
    return name


def rung(queue):
    return [message.args[0] for message in queue.pending()]


def test_it_works(held, dead_worker, waiting_queues, django_capture_on_commit_callbacks):
    errand = held(worker=dead_worker)
    with django_capture_on_commit_callbacks(execute=True):
        sweep("exports")
    errand.refresh_from_db()
    assert (errand.status, errand.error, errand.lease_until) == (Status.PENDING, "The worker died.", None)
    assert [attempt.outcome for attempt in errand.attempts] == ["died"]
    assert errand.attempts.get().worker == dead_worker
    assert rung(waiting_queues["exports"]) == [errand.pk]
    assert Errand.objects.claim(errand.pk)


def test_a_job_whose_lease_is_over_is_released(held):
    errand = held(worker="elsewhere:7:7", lease_until=timezone.now() - timedelta(seconds=1))
    sweep("exports")
    errand.refresh_from_db()
    assert errand.status == Status.PENDING
    assert errand.error == "The worker was silent for longer than its lease of 30 s."


def test_a_pid_that_another_process_has_now_is_a_dead_worker(held):
    host, pid, start = worker.identity().rsplit(":", 2)
    errand = held(worker=f"{host}:{pid}:{int(start) - 1}")
    sweep("exports")
    errand.refresh_from_db()
    assert errand.status == Status.PENDING


@pytest.mark.parametrize("name", [None, "elsewhere:1:1", "", "nonsense", "a:b:c", "x" * 200])
def test_a_worker_that_may_live_keeps_its_job(held, name):
    errand = held(worker=worker.identity() if name is None else name)
    sweep("exports")
    errand.refresh_from_db()
    assert errand.status == Status.RUNNING


def test_a_job_that_dies_each_time_fails(held, dead_worker):
    errand = held()
    for _ in range(Errand.max_attempts):
        Errand.objects.filter(pk=errand.pk).update(worker=dead_worker)
        sweep("exports")
        Errand.objects.claim(errand.pk)
    errand.refresh_from_db()
    assert errand.status == Status.FAILED
    assert errand.error == "The worker died. (given up after 3 attempts)"
    assert [attempt.outcome for attempt in errand.attempts] == ["died"] * 3


def test_a_sweep_sees_to_its_own_queue(held, dead_worker):
    errand = held(worker=dead_worker)
    sweep("emails")
    errand.refresh_from_db()
    assert errand.status == Status.RUNNING


def test_a_due_job_that_nobody_rang_for_is_rung(waiting_queues):
    errand, note = Errand.objects.create(), Note.objects.create()
    sweep("exports", patience=timedelta(0))
    assert rung(waiting_queues["exports"]) == [errand.pk]
    assert rung(waiting_queues["emails"]) == []
    sweep("emails", patience=timedelta(0))
    assert rung(waiting_queues["emails"]) == [note.pk]


def test_a_ring_that_may_be_on_its_way_is_waited_for(waiting_queues, time_machine):
    time_machine.move_to("2026-11-23T12:00Z", tick=False)
    errand = Errand.objects.create()
    sweep("exports")
    assert rung(waiting_queues["exports"]) == []
    time_machine.shift(6)
    sweep("exports")
    assert rung(waiting_queues["exports"]) == [errand.pk]


def test_a_job_is_not_rung_twice_while_its_message_waits(waiting_queues):
    errand = Errand.objects.create()
    for _ in range(3):
        sweep("exports", patience=timedelta(0))
    assert rung(waiting_queues["exports"]) == [errand.pk]


def test_kinds_with_the_same_ids_are_told_apart(waiting_queues):
    errand = Errand.objects.create()
    sprint = Sprint.objects.create(pk=errand.pk)
    sweep("exports", patience=timedelta(0))
    names = sorted(type(message).__name__ for message in waiting_queues["exports"].pending())
    assert (sprint.pk, names) == (errand.pk, ["run_errand", "run_sprint"])


def test_jobs_that_are_not_due_are_not_rung(waiting_queues):
    Errand.objects.create(run_after=timezone.now() + timedelta(minutes=1))
    for status in (Status.RUNNING, Status.DONE, Status.FAILED, Status.CANCELLED):
        Errand.objects.create(status=status, worker=worker.identity())
    sweep("exports", patience=timedelta(0))
    assert rung(waiting_queues["exports"]) == []


def test_a_long_backlog_is_rung_bit_by_bit_and_oldest_first(waiting_queues, monkeypatch):
    monkeypatch.setattr("jobs.sweep.ENOUGH", 10)
    now = timezone.now()
    errands = [Errand.objects.create(run_after=now - timedelta(seconds=number)).pk for number in range(25)]
    queue, ran = waiting_queues["exports"], []
    for _ in range(3):
        sweep("exports", patience=timedelta(0))
        sweep("exports", patience=timedelta(0))  # nothing to add while so many wait
        assert queue.pending_count() <= 10
        while message := queue.dequeue():
            ran.append(message.args[0])
            Errand.objects.claim(message.args[0])
    assert ran == errands[::-1]


def test_messages_for_later_keep_no_due_job_from_being_rung(waiting_queues, monkeypatch):
    monkeypatch.setattr("jobs.sweep.ENOUGH", 10)
    queue = waiting_queues["exports"]
    later = timezone.now() + timedelta(days=1)
    for number in range(1000, 1020):
        Errand._ring(number, later)
        queue.execute(queue.dequeue())  # a worker moves it to the schedule
    assert queue.scheduled_count() == 20
    errand = Errand.objects.create()
    sweep("exports", patience=timedelta(0))
    assert rung(queue) == [errand.pk]


def test_what_cannot_be_read_in_the_queue_does_not_stop_the_sweep(waiting_queues):
    waiting_queues["exports"].storage.enqueue(b"\x80\x04K\x01.")
    errand = Errand.objects.create()
    sweep("exports", patience=timedelta(0))
    assert rung(waiting_queues["exports"]) == [errand.pk]


def test_an_idle_sweep_costs_a_fixed_number_of_queries(django_assert_num_queries, held):
    for _ in range(10):
        held()
        Errand.objects.create(status=Status.DONE)
    with django_assert_num_queries(3 * len(kinds("exports"))):  # of each: its workers, its dead, its due jobs
        sweep("exports")
