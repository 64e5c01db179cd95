"""A job is stopped: by its time limit, even where it does not listen, or by a person."""

import sqlite3
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jobs.models import Status
from tests.consumer import has_failed, history, is_done, until
from tests.kinds.models import Errand, Sprint


@pytest.fixture(scope="module")
def consumer(installation):
    with installation.consumer("exports", workers=1) as process:
        yield process


def test_it_works(installation, consumer):
    sprint = Sprint.objects.create(action="hang", argument="30")
    until(lambda: has_failed(sprint), 5)
    assert sprint.error == "Stopped: it ran longer than its limit of 1 s."
    assert history(sprint) == ["failed"]


@pytest.mark.slow
def test_a_worker_whose_job_does_not_listen_is_killed(installation, consumer):
    sprint = Sprint.objects.create(action="grind")
    other = Errand.objects.create(action="answer", argument="after it")
    until(lambda: has_failed(sprint), 8)
    assert sprint.error == "The worker died. (given up after 1 attempt)"
    assert history(sprint) == ["died"]
    until(lambda: is_done(other), 5)
    assert "its job ignored its time limit" in installation.log.read_text()


@pytest.mark.slow
def test_an_alarm_while_it_waits_for_the_database_leaves_no_lock_behind(installation, consumer):
    sprint = Sprint.objects.create(action="write")
    until(lambda: Sprint.objects.get(pk=sprint.pk).status == Status.RUNNING)
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begin = Sprint.objects.get(pk=sprint.pk).started_at
    until(lambda: timezone.now() > begin + sprint.time_limit + timedelta(seconds=0.3))
    other.execute("COMMIT")
    until(lambda: has_failed(sprint), 5)
    errand = Errand.objects.create(action="answer", argument="nobody is locked out")
    until(lambda: is_done(errand), 5)


def test_a_cancelled_job_stops_within_two_seconds(installation, consumer):
    errand = Errand.objects.create(action="count", argument="15")
    until(lambda: Errand.objects.get(pk=errand.pk).progress)
    assert errand.cancel() is True
    other = Errand.objects.create(action="answer", argument="the worker is free")
    until(lambda: is_done(other), 2)
    errand.refresh_from_db()
    assert (errand.status, history(errand)) == (Status.CANCELLED, ["cancelled"])
