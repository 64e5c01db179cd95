"""`manage.py ping`: does a consumer answer?"""

import re

import pytest
from django.core.management import call_command
from huey.storage import MemoryStorage

from config.queues import QUEUES


@pytest.fixture(autouse=True)
def little_patience(monkeypatch):
    monkeypatch.setattr("jobs.management.commands.ping.PATIENCE", 0.05)


def test_it_works(capsys):
    call_command("ping")
    assert re.fullmatch(r"emails: \d+\.\d ms\nexports: \d+\.\d ms\n", capsys.readouterr().out)


def test_one_queue_can_be_asked(capsys):
    call_command("ping", queue="exports")
    assert re.fullmatch(r"exports: \d+\.\d ms\n", capsys.readouterr().out)


def test_silence_is_told_with_a_remedy_and_the_exit_code(waiting_queues, capsys):
    with pytest.raises(SystemExit) as exit:
        call_command("ping")
    assert exit.value.code == 1
    error = capsys.readouterr().err
    for name in QUEUES:
        assert f"{name}: no answer within 0.05 s." in error
        assert f"manage.py run_huey --queue {name}" in error


def test_one_silent_queue_is_enough_for_the_exit_code(capsys):
    QUEUES["emails"].immediate = False
    QUEUES["emails"].storage = MemoryStorage("emails")
    with pytest.raises(SystemExit):
        call_command("ping")
    output = capsys.readouterr()
    assert output.out.startswith("exports: ")
    assert output.err.startswith("emails: no answer")


def test_an_answer_that_comes_too_late_is_kept_nowhere(waiting_queues):
    queue = waiting_queues["exports"]
    with pytest.raises(SystemExit):
        call_command("ping", queue="exports")
    storage, late = queue.storage, queue.dequeue()
    queue.immediate = True
    queue.storage = storage
    queue.execute(late)
    assert queue.result_count() == 0
