"""What all formats share: the order, the filters, the snapshot, compression, and how writing is stopped."""

import gzip
import hashlib
import threading
import time

import pytest
import time_machine
from django.db import DatabaseError, connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from exports.columns import COLUMNS, DEFAULT_COLUMNS, F, Kind
from exports.writers import FORMATS, reading, sources
from exports.writers.dialects import escape_xlsx
from exports.writers.reading import Line
from orgs.filters import TaskFilter
from orgs.models import Task
from tests.cast import make_task
from tests.exports.nasty import in_order, make_nasty_tasks, write

pytestmark = pytest.mark.django_db(transaction=True)

#: A condition that holds, once SQLite has counted to a thousand million.
ENDLESS = RawSQL(
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e9) SELECT max(i) FROM n) > 0",
    [],
    output_field=BooleanField(),
)


class Enough(BaseException):
    """What a test's beat raises to stop."""


@pytest.fixture
def slow_reader(monkeypatch):
    """Rows come one by one, and wait until there is room for them."""
    monkeypatch.setattr(sources, "BATCH", 1)
    monkeypatch.setattr(reading, "CHUNK", 1)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "export-reader"]


@pytest.mark.parametrize("export_format", FORMATS)
def test_it_works(cast, tmp_path, export_format):
    make_nasty_tasks(cast.acme, cast.carol, ["Plain"] * 1000)
    beats = []
    written = write(
        tmp_path / "file", in_order(cast.acme), export_format, beat=lambda rows, total: beats.append((rows, total))
    )
    data = (tmp_path / "file").read_bytes()
    assert (written.rows, written.total, written.size) == (1000, 1000, len(data))
    assert written.sha256 == hashlib.sha256(data).hexdigest()
    assert beats[-1] == (1000, 1000)
    assert not threads()


@pytest.mark.parametrize("export_format", ["csv", "jsonl", "xlsx"])
def test_a_gzipped_file_holds_the_same(cast, tmp_path, export_format):
    make_nasty_tasks(cast.acme, cast.carol)
    write(tmp_path / "plain", in_order(cast.acme), export_format)
    write(tmp_path / "packed", in_order(cast.acme), f"{export_format}.gz")
    assert gzip.decompress((tmp_path / "packed").read_bytes()) == (tmp_path / "plain").read_bytes()


def test_the_same_tasks_make_the_same_file_at_any_time(cast, tmp_path):
    make_nasty_tasks(cast.acme, cast.carol)
    first = write(tmp_path / "first", in_order(cast.acme), "xlsx.gz")
    with time_machine.travel("2031-02-03T04:05:06Z"):
        assert write(tmp_path / "second", in_order(cast.acme), "xlsx.gz").sha256 == first.sha256


@pytest.mark.parametrize("export_format", FORMATS)
def test_no_tasks_make_a_valid_file(cast, tmp_path, export_format):
    assert write(tmp_path / "file", in_order(cast.acme), export_format).rows == 0
    assert write(tmp_path / "file", Task.objects.none(), export_format).rows == 0


@pytest.mark.parametrize("sort", Task.ORDERS)
def test_tasks_are_filtered_and_in_order(cast, tmp_path, sort):
    for number in range(20):
        make_task(cast.acme, priority=1 + number % 4, assigned_to=cast.carol if number % 2 else None)
    make_task(cast.elsewhere)
    form = TaskFilter({"assigned_to": "me", "sort": sort}, cast.acme, cast.carol)
    assert form.is_valid()
    wanted = list(form.queryset().values_list("pk", flat=True))
    write(tmp_path / "file", form.queryset(), "csv", ["id"])
    assert (tmp_path / "file").read_text().split() == ["id", *map(str, wanted)]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is SQLite's")
@pytest.mark.parametrize("sort", Task.ORDERS)
def test_an_index_gives_the_order_so_that_nothing_is_sorted(cast, sort):
    connection.ensure_connection()
    connection.connection.create_function("escape_xlsx", 1, escape_xlsx)
    columns = [COLUMNS[name] for name in DEFAULT_COLUMNS]
    for kind, _ in FORMATS.values():
        line = Line(columns, kind(columns, None).line)
        plan = cast.acme.tasks.order_by(*Task.ORDERS[sort]).annotate(line=line).values_list("line").explain()
        assert "USING INDEX orgs_task_" in plan
        assert "B-TREE" not in plan
        assert "CO-ROUTINE" not in plan


def test_what_changes_meanwhile_is_not_in_the_file(cast, tmp_path, slow_reader):
    make_nasty_tasks(cast.acme, cast.carol, ["Plain"] * 50)
    before = list(in_order(cast.acme).values_list("pk", flat=True))

    def beat(rows, total):
        if rows == 1:  # the reader is a few rows ahead at most
            in_order(cast.acme).filter(pk__in=before[:10] + before[-10:]).delete()
            make_task(cast.acme)

    written = write(tmp_path / "file", in_order(cast.acme), "csv", ["id"], beat=beat)
    assert written.rows == written.total == 50
    assert (tmp_path / "file").read_text().split()[1:] == list(map(str, before))
    assert cast.acme.tasks.count() == 31


def test_writing_stops_where_the_beat_says_so(cast, tmp_path, slow_reader):
    make_nasty_tasks(cast.acme, cast.carol, ["Plain"] * 50)

    def beat(rows, total):
        if rows == 5:
            raise Enough

    with pytest.raises(Enough):
        write(tmp_path / "file", in_order(cast.acme), "csv", beat=beat)
    assert not threads()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the endless condition is SQLite's")
def test_a_statement_that_finds_nothing_is_still_stopped_at_once(cast, tmp_path):
    make_task(cast.acme)
    beats = []

    def beat(rows, total):
        beats.append((rows, total))
        if len(beats) == 2:
            raise Enough

    start = time.monotonic()
    with pytest.raises(Enough):
        write(tmp_path / "file", in_order(cast.acme).filter(ENDLESS), "csv", beat=beat)
    assert beats == [(0, None), (0, None)]
    assert time.monotonic() - start < 3
    assert not threads()


def test_an_error_of_the_database_reaches_the_caller(cast, tmp_path):
    broken = in_order(cast.acme).filter(RawSQL("no_such_column", [], output_field=BooleanField()))
    with pytest.raises(DatabaseError, match="no_such_column"):
        write(tmp_path / "file", broken, "csv")
    assert not threads()


def test_the_reading_connection_cannot_write(cast, tmp_path, monkeypatch):
    make_task(cast.acme)
    seen = []

    def lines(self, query, parameters):
        with pytest.raises(Exception, match=r"readonly|read-only"):
            self.cursor.execute("DELETE FROM orgs_task")
        seen.append("refused")
        yield 0, b""

    source = sources.SOURCES[connection.vendor]
    monkeypatch.setattr(source, "lines", lines)
    write(tmp_path / "file", in_order(cast.acme), "csv")
    assert seen == ["refused"]


def test_every_kind_of_column_is_offered():
    assert {column.kind for column in COLUMNS.values()} == set(Kind)
    assert all(isinstance(column.expression, F) for column in COLUMNS.values())
