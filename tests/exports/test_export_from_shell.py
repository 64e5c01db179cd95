"""manage.py export_tasks"""

import csv
import os

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from exports.models import LIMIT, ExportJob
from jobs.models import Status
from tests.cast import make_task

pytestmark = pytest.mark.django_db(transaction=True)


def refused(*arguments):
    with pytest.raises(CommandError) as error:
        call_command("export_tasks", *arguments)
    return error.value.returncode, str(error.value)


def test_it_works(cast, tmp_path):
    task = make_task(cast.acme)
    make_task(cast.elsewhere)
    output = tmp_path / "tasks.csv"
    call_command("export_tasks", "acme", "--output", str(output), verbosity=0)
    with output.open(newline="") as file:
        assert [row[:2] for row in csv.reader(file)] == [["id", "title"], [str(task.pk), task.title]]
    job = ExportJob.objects.get()
    assert (job.status, job.requested_by, job.attempt) == (Status.DONE, cast.alice, 1)
    assert sorted(os.listdir(tmp_path)) == ["media", "tasks.csv"]


def test_it_takes_the_filters_of_the_list(cast, tmp_path):
    wanted = [make_task(cast.acme, status="open", priority=1, assigned_to=cast.bob) for _ in range(2)]
    make_task(cast.acme, status="open", priority=1)
    make_task(cast.acme, status="done", priority=1, assigned_to=cast.bob)
    output = tmp_path / "tasks.jsonl"
    arguments = ["--status", "open", "--priority=1", "--assigned-to", "me", "--sort", "oldest", "--as", "bob@acme.test"]
    call_command(
        "export_tasks", "acme", *arguments, "--columns=id", "--format=jsonl", "--output", str(output), verbosity=0
    )
    assert output.read_text() == "".join(f'{{"id":{task.pk}}}\n' for task in wanted)
    assert ExportJob.objects.get().filters["assigned_to"] == cast.bob.pk


def test_what_is_asked_wrongly_is_named(cast, tmp_path):
    output = ["--output", str(tmp_path / "x")]
    assert refused("acme", *output, "--status", "paused") == (2, "“status” must be one of: open, in_progress, done.")
    assert refused("acme", *output, "--assigned-to", str(cast.mallory.pk))[0] == 2
    assert refused("acme", *output, "--columns", "id,secret")[1].startswith("“columns” may hold: id, title,")
    assert refused("acme", *output, "--as", "nobody@acme.test")[0] == 2
    assert refused("nowhere", *output) == (2, "There is no organization of that slug.")
    assert refused("acme", "--output", str(tmp_path / "no" / "x"))[0] == 2
    assert refused("acme", "--output", str(tmp_path))[0] == 2
    assert not ExportJob.objects.exists()


def test_whoever_may_not_export_gets_no_file(cast, tmp_path):
    output = tmp_path / "x"
    for person in (cast.dave, cast.mallory):
        code, words = refused("acme", "--output", str(output), "--as", person.email)
        assert (code, words) == (1, "Whoever asked for this export may no longer export this organization's tasks.")
    assert not output.exists()


def test_a_failure_leaves_an_older_file_as_it_was(cast, tmp_path):
    output = tmp_path / "x"
    output.write_text("of yesterday")
    assert refused("acme", "--output", str(output), "--as", "dave@acme.test")[0] == 1
    assert output.read_text() == "of yesterday"
    call_command("export_tasks", "acme", "--output", str(output), verbosity=0)
    assert output.read_text().startswith("id,title")


@pytest.mark.usefixtures("no_worker")
def test_the_limit_holds_here_too(cast, tmp_path):
    for _ in range(LIMIT):
        ExportJob.start(cast.acme, cast.alice)
    code, words = refused("acme", "--output", str(tmp_path / "x"))
    assert code == 1
    assert words.startswith("You have 3 unfinished exports")
