"""Each misconfiguration of background work is told by its id, with a remedy."""

import pytest
from django.core.checks import run_checks

from jobs.models import ScheduledRun
from tests.kinds.models import Errand, Note


def found():
    return {message.id: message for message in run_checks(tags=["jobs"])}


def test_it_works():
    assert found() == {}


def test_a_sqlite_that_can_corrupt_the_database(monkeypatch):
    monkeypatch.setattr("jobs.checks.SAFE_VERSION", (99, 0, 0))
    message = found()["jobs.W001"]
    assert "can corrupt a database" in message.msg
    assert "pysqlite3" in message.hint


@pytest.mark.parametrize("doorbell", ["nowhere.tasks.run", "tests.kinds.tasks.nothing", "nonsense"])
def test_a_doorbell_that_is_not_there(monkeypatch, doorbell):
    monkeypatch.setattr(Errand, "doorbell", doorbell)
    message = found()["jobs.E001"]
    assert message.msg.startswith("The job kinds.Errand has no ")
    assert "docs/jobs.md" in message.hint


def test_a_kind_that_declares_nothing(monkeypatch):
    monkeypatch.delattr(Errand, "doorbell")
    monkeypatch.delattr(Errand, "queue")
    assert "jobs.E001" in found()


@pytest.mark.parametrize("queue", ["emails", "no such queue", ""])
def test_a_doorbell_of_another_queue(monkeypatch, queue):
    monkeypatch.setattr(Errand, "queue", queue)
    assert f"no function of the queue {queue!r}" in found()["jobs.E002"].msg


def test_a_doorbell_that_is_no_huey_function(monkeypatch):
    monkeypatch.setattr(Errand, "doorbell", "os.getcwd")
    assert "jobs.E002" in found()


def test_a_doorbell_that_another_kind_has(monkeypatch):
    monkeypatch.setattr(Note, "doorbell", ScheduledRun.doorbell)
    assert found()["jobs.E004"].msg.startswith("The job kinds.Note has the doorbell of jobs.ScheduledRun")


@pytest.mark.parametrize("cron", ["every day", "0 0 30 2 *", "* * * * * *", ""])
def test_a_schedule_whose_line_cannot_be_read(declare, cron):
    declare("tidy", cron)
    message = found()["jobs.E003"]
    assert message.msg.startswith("The schedule tidy cannot be read")
    assert "five fields" in message.hint
