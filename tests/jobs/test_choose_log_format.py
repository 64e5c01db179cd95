"""LOG_FORMAT, LOG_LEVEL and LOG_KEEP say what is logged, how, and where."""

import json

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.logs import logging_settings
from jobs.log.files import kept
from tests.consumer import is_done, until
from tests.kinds.models import Note


@pytest.fixture
def environment(installation, monkeypatch):
    """environment(NAME=value) holds for the processes of the installation, until the end of the test."""

    def environment(**variables):
        for name, value in variables.items():
            monkeypatch.setitem(installation.environment, name, value)

    return environment


def run_note(installation):
    """What a consumer prints while it runs a job."""
    installation.log.unlink(missing_ok=True)
    with installation.consumer("emails"):
        note = Note.objects.create()
        until(lambda: is_done(note))
        until(lambda: "done" in installation.log.read_text())
    return note, installation.log.read_text().splitlines()


@pytest.mark.slow
def test_it_works(installation, environment):
    """JSON, for programs: each line of standard error is an object, and the file holds the same ones."""
    environment(LOG_FORMAT="json", LOG_PREFIX="emails")
    note, printed = run_note(installation)
    done = next(entry for entry in map(json.loads, printed) if entry["message"] == "done")
    assert (done["program"], done["level"], done["logger"]) == ("emails", "INFO", "jobs")
    assert (done["request_id"], done["job"], done["attempt"]) == (note.request_id, note.label, 1)
    assert done in map(json.loads, (installation.folder / "logs" / "roost.jsonl").read_text().splitlines())


@pytest.mark.slow
def test_people_read_text_and_the_file_holds_json(installation, environment):
    note, printed = run_note(installation)
    end = f"INFO    jobs: done request_id={note.request_id} job={note.label}#1"
    assert any(line.endswith(end) for line in printed)  # a sweep at the start may have the last word
    written = (installation.folder / "logs" / "roost.jsonl").read_text().splitlines()
    assert any(entry["message"] == "done" and entry.get("job") == note.label for entry in map(json.loads, written))


def test_a_level_holds_for_what_others_log_as_well(monkeypatch, tmp_path):
    """Django gives its own loggers a level, and so never asks the root's."""
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    settings = logging_settings(tmp_path / "roost.jsonl")
    assert {handler["level"] for handler in settings["handlers"].values()} == {settings["root"]["level"]} == {"ERROR"}


@pytest.mark.slow
def test_the_file_can_be_switched_off(installation, environment):
    files = kept(installation.folder / "logs" / "roost.jsonl")
    for file in files:
        file.unlink(missing_ok=True)
    environment(LOG_KEEP="0")
    run_note(installation)
    assert not [file for file in files if file.exists()]


@pytest.mark.parametrize("name", ["LOG_FORMAT", "LOG_LEVEL", "HUEY_LOG_LEVEL"])
def test_a_wrong_value_is_refused_with_a_remedy(monkeypatch, tmp_path, name):
    monkeypatch.setenv(name, "wrong")
    with pytest.raises(ImproperlyConfigured, match=f"{name} is 'wrong', but must be one of "):
        logging_settings(tmp_path / "file")
