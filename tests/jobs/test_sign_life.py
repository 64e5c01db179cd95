"""Each consumer says in the database that it lives; one that was killed falls silent."""

import signal
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.release import RELEASE
from jobs.models import ConsumerProcess
from jobs.models.process import SILENT_AFTER
from tests.consumer import SOON, descendants, kill, until


def of(process):
    """The row of a consumer that this test has started."""
    return ConsumerProcess.objects.filter(identity__contains=f":{process.pid}:").first()


@pytest.mark.slow
def test_it_works(installation):
    with installation.consumer("exports", workers=2) as process:
        row = until(lambda: of(process))
        assert row.queue == "exports"
        assert row.release == RELEASE
        assert not row.is_silent
        pids = {int(worker["identity"].split(":")[1]) for worker in row.workers}
        assert len(pids) == 2
        assert pids <= set(descendants(process.pid))
        assert all(worker["memory"] > 1_000_000 for worker in row.workers)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON) == 0
        assert not of(process)


@pytest.mark.slow
def test_one_that_was_killed_stays_until_its_successor_comes(installation):
    with installation.consumer("emails") as process:
        killed = until(lambda: of(process))
        kill(process.pid)
        process.wait()
    assert ConsumerProcess.objects.filter(pk=killed.pk).exists()
    with installation.consumer("emails") as process:
        until(lambda: not ConsumerProcess.objects.filter(pk=killed.pk).exists())
        assert of(process)


@pytest.mark.slow
def test_a_consumer_goes_on_where_the_database_does_not_listen(installation):
    with installation.consumer("emails", workers=1) as process:
        until(lambda: ConsumerProcess.objects.exists())
        connection.cursor().execute("ALTER TABLE jobs_consumerprocess RENAME TO elsewhere")
        try:
            until(lambda: "cannot give a sign of life" in installation.log.read_text())
            assert process.poll() is None
        finally:
            connection.cursor().execute("ALTER TABLE elsewhere RENAME TO jobs_consumerprocess")


@pytest.mark.django_db
def test_silence_is_told_after_a_while():
    now = timezone.now()
    lives = ConsumerProcess.objects.create(queue="emails", identity="here:1:1", release="1")
    silent = ConsumerProcess.objects.create(
        queue="emails", identity="here:2:2", release="1", seen_at=now - SILENT_AFTER - timedelta(seconds=1)
    )
    assert [lives.is_silent, silent.is_silent] == [False, True]
    assert list(ConsumerProcess.objects.alive()) == [lives]
