"""Export → import → export gives the same file."""

import csv
import gzip
import io
import random
from array import array

import pytest

from exports.columns import COLUMNS, DEFAULT_COLUMNS
from exports.imports import rows
from exports.imports.fields import guess
from exports.imports.models import TaskImport, Upload
from exports.imports.rows import PART
from jobs.runner import run
from orgs.models import Arrival, Status, Task
from orgs.search import candidates
from tests.cast import make_org
from tests.exports.nasty import in_order, make_nasty_tasks, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]

#: What differs: ids belong to the installation.
KEPT = [name for name in COLUMNS if name != "id"]


@pytest.fixture
def other(cast):
    """An empty organization of the same people."""
    return make_org("Other", owner=cast.alice, admin=cast.bob, member=cast.carol)


@pytest.fixture
def nasty(cast):
    """Acme's nasty tasks, as the task form would have taken them: a title is never blank, what is completed is done."""
    make_nasty_tasks(cast.acme, cast.carol)
    cast.acme.tasks.filter(title="").update(title="No title")
    cast.acme.tasks.exclude(completed_at=None).update(status=Status.DONE)
    return in_order(cast.acme)


def bring_back(path, organization, person, name="tasks.csv"):
    """Import the file as `person`; returns the job after its end."""
    copy = path.with_name("sent")
    copy.write_bytes(path.read_bytes())
    upload = Upload.keep(organization, person, name, copy)
    job = TaskImport.start(upload, person, mapping=guess(upload.header()))
    run(TaskImport, job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize("columns", [DEFAULT_COLUMNS, COLUMNS], ids=["default", "all"])
@pytest.mark.parametrize("export_format", ["csv", "csv.gz"])
def test_it_works(cast, nasty, other, tmp_path, export_format, columns, bom):
    file, again = tmp_path / "file", tmp_path / "again"
    write(file, nasty, export_format, columns, bom=bom)
    job = bring_back(file, other, cast.alice)
    assert (job.status, job.error, job.imported, job.rejected) == ("done", "", nasty.count(), 0)
    kept = [name for name in columns if name != "id"]
    write(file, nasty, export_format, kept, bom=bom)
    write(again, in_order(other), export_format, kept, bom=bom)
    assert again.read_bytes() == file.read_bytes()


@pytest.mark.parametrize("order", Task.ORDERS)
def test_the_order_of_equals_is_kept_however_the_file_was_sorted(cast, nasty, other, tmp_path, order):
    nasty.update(priority=3)
    write(tmp_path / "file", nasty.order_by(*Task.ORDERS[order]), "csv", COLUMNS)
    bring_back(tmp_path / "file", other, cast.alice)
    titles = [list(tasks.values_list("title", flat=True)) for tasks in (nasty, in_order(other))]
    assert titles[0] == titles[1]


def test_without_numbers_the_first_row_is_the_newest(cast, nasty, other, tmp_path):
    write(tmp_path / "file", nasty, "csv", KEPT)
    bring_back(tmp_path / "file", other, cast.alice)
    write(tmp_path / "file", nasty, "csv", KEPT)
    write(tmp_path / "again", in_order(other), "csv", KEPT)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "file").read_bytes()


def test_other_delimiters_and_encodings_come_back_too(cast, nasty, other, tmp_path):
    write(tmp_path / "file", nasty, "csv", COLUMNS)
    with (tmp_path / "file").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows(rows)
    (tmp_path / "file").write_bytes(gzip.compress(out.getvalue().encode("utf-16")))
    job = bring_back(tmp_path / "file", other, cast.alice)
    assert job.imported == nasty.count(), job.error
    write(tmp_path / "file", nasty, "csv", KEPT)
    write(tmp_path / "again", in_order(other), "csv", KEPT)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "file").read_bytes()


def test_search_finds_what_was_imported(cast, nasty, other, tmp_path):
    write(tmp_path / "file", nasty, "csv", COLUMNS)
    bring_back(tmp_path / "file", other, cast.alice)
    found = candidates(other, "backslash", 100)
    task = other.tasks.get(title__startswith="backslash")
    if found is not None:  # SQLite
        assert found == [task.pk]
        task.delete()
        assert candidates(other, "backslash", 100) == []
    assert not Arrival.objects.exists()


def test_a_task_that_is_written_afterwards_gets_a_higher_id(cast, nasty, other, tmp_path):
    write(tmp_path / "file", nasty, "csv", COLUMNS)
    bring_back(tmp_path / "file", other, cast.alice)
    newer = Task.objects.create(organization=other, title="Newer")
    assert newer.pk > max(other.tasks.exclude(pk=newer.pk).values_list("pk", flat=True))


def test_the_order_of_many_is_that_of_their_numbers():
    numbers = array("q", range(1, 2 * PART + 2))
    random.Random(7).shuffle(numbers)
    ids = range(100, 100 + len(numbers))
    assert list(rows.in_order(numbers, ids)) == [99 + number for number in numbers]
    numbers[PART] = 0  # one without a number: then as the file has them, the first one last
    assert list(rows.in_order(numbers, ids)) == list(reversed(ids))
