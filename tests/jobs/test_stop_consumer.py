"""A consumer ends when it is told to, or killed; what it held goes on at the next start."""

import os
import signal

import pytest

from jobs.models import Status
from tests.consumer import SOON, descendants, history, is_alive, is_done, is_running, kill, until
from tests.kinds.models import Errand, Note


@pytest.mark.slow
def test_it_works(installation):
    """An idle consumer ends at once."""
    with installation.consumer("exports") as exports, installation.consumer("emails") as emails:
        for consumer in (exports, emails):
            consumer.terminate()
        for consumer in (exports, emails):
            assert consumer.wait(5) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("queue", "kind", "busy"), [("exports", Errand, "grind"), ("emails", Note, "hang")])
def test_a_short_job_finishes_and_others_go_on_at_the_next_start(installation, queue, kind, busy):
    with installation.consumer(queue, workers=3) as consumer:
        short = kind.objects.create(action="count", argument="0.5")
        long = kind.objects.create(action="count", argument="15")
        deaf = kind.objects.create(action=busy, argument="60")  # neither a heartbeat nor a signal reaches it
        until(lambda: is_running(short) and is_running(long) and kind.objects.get(pk=deaf.pk).attempt)
        below = descendants(consumer.pid)
        consumer.terminate()
        assert consumer.wait(SOON) == 0
        assert not any(is_alive(pid) for pid in below)
    assert is_done(short)
    for job in (long, deaf):
        job.refresh_from_db()
        assert (job.status, history(job)) == (Status.PENDING, ["interrupted"])
    deaf.cancel()
    kind.objects.filter(pk=long.pk).update(argument="0.1")
    with installation.consumer(queue):
        until(lambda: is_done(long), 5)
    assert history(long) == ["interrupted", "done"]


@pytest.mark.slow
def test_further_signals_end_the_wait(installation):
    """As many as there may be, whatever it is doing when they come."""
    with installation.consumer("exports") as consumer:
        long = Errand.objects.create(action="count", argument="15")
        until(lambda: is_running(long))
        until(lambda: consumer.terminate() or consumer.poll() is not None)
        assert consumer.returncode == 0
    long.refresh_from_db()
    assert (long.status, history(long)) == (Status.PENDING, ["interrupted"])
    long.cancel()


def test_no_worker_outlives_a_killed_consumer_and_the_next_one_resumes_within_five_seconds(installation):
    with installation.consumer("exports") as first:
        errand = Errand.objects.create(action="count", argument="1.2")
        until(lambda: is_running(errand))
        below = descendants(first.pid)
        assert len(below) == 3  # two workers and the scheduler
        kill(first.pid)
        until(lambda: not any(is_alive(pid) for pid in below))
        assert not is_done(errand)
    with installation.consumer("exports"):
        until(lambda: is_done(errand), 5 + 1.2)
    assert history(errand) == ["died", "done"]


@pytest.mark.slow
def test_a_job_whose_process_dies_between_commit_and_ring_runs(installation):
    killed = installation.run(
        "shell",
        "-c",
        "import os\n"
        "from django.db import transaction\n"
        "from tests.kinds.models import Errand\n"
        "with transaction.atomic():\n"
        "    transaction.on_commit(lambda: os.kill(os.getpid(), 9))\n"
        "    Errand.objects.create(action='answer', argument='from beyond')\n",
    )
    assert killed.returncode == -signal.SIGKILL
    errand = Errand.objects.get(argument="from beyond")
    assert errand.status == Status.PENDING
    with installation.consumer("exports"):
        until(lambda: is_done(errand), 5)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_queues_run_and_end_as_one(installation, number):
    with installation.consumer() as both:
        jobs = [Errand.objects.create(), Note.objects.create()]
        until(lambda: all(is_done(job) for job in jobs))
        below = descendants(both.pid)
        both.send_signal(number)
        assert both.wait(5) == 0
        assert not any(is_alive(pid) for pid in below)


@pytest.mark.slow
def test_both_queues_end_when_their_parent_is_killed(installation):
    with installation.consumer() as both:
        below = descendants(both.pid)
        kill(both.pid)
        until(lambda: not any(is_alive(pid) for pid in below))


@pytest.mark.slow
def test_one_dead_consumer_ends_the_other_and_is_told_by_the_exit_code(installation):
    with installation.consumer() as both:
        consumers = until(lambda: [pid for pid in descendants(both.pid) if os.getpgid(pid) == pid])
        kill(consumers[0])
        assert both.wait(5) != 0
        assert not any(is_alive(pid) for pid in consumers)
