"""XLSX, read back by openpyxl."""

import zipfile
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from exports.columns import COLUMNS
from exports.writers import xlsx
from tests.exports.nasty import CREATED, FORMULAS, in_order, make_nasty_tasks, write

pytestmark = pytest.mark.django_db(transaction=True)


def rows_of(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_it_works(cast, tmp_path):
    task = make_nasty_tasks(cast.acme, cast.carol, ["Plain", "Other"]).get(title="Other")
    write(tmp_path / "file.xlsx", in_order(cast.acme), "xlsx")
    book = openpyxl.load_workbook(tmp_path / "file.xlsx")
    sheet = book["Tasks"]
    header, first, _ = rows_of(sheet)
    assert header == ["id", "title", "status", "priority", "assigned_to", "created_at"]
    assert first[:5] == [task.pk, "Other", "open", 3, "carol@acme.test"]
    assert abs(first[5].replace(tzinfo=UTC) - CREATED) <= timedelta(milliseconds=1)
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet["F2"].number_format == r"yyyy\-mm\-dd\ hh:mm:ss"
    assert sheet.column_dimensions["B"].width == 50


def test_every_text_in_every_column_comes_back_with_its_type(cast, tmp_path):
    tasks = list(make_nasty_tasks(cast.acme, cast.carol).select_related("assigned_to"))
    write(tmp_path / "file.xlsx", in_order(cast.acme), "xlsx", COLUMNS)
    header, *rows = rows_of(openpyxl.load_workbook(tmp_path / "file.xlsx").active)
    assert header == list(COLUMNS)
    assert len(rows) == len(tasks)
    for task, row in zip(tasks, rows, strict=True):
        cells = dict(zip(header, row, strict=True))
        assert (cells["id"], cells["status"], cells["priority"]) == (task.pk, "open", 3)
        assert unescape(cells["title"] or "") == task.title
        assert unescape(cells["description"] or "") == task.description
        assert cells["assigned_to"] == ("carol@acme.test" if task.assigned_to else None)
        assert cells["due_date"] == as_cell(task.due_date)
        assert cells["updated_at"] == datetime(2026, 2, 28, 23, 59, 59)  # noqa: DTZ001 (a cell has no zone)
        assert (cells["completed_at"] is None) == (task.completed_at is None)


def as_cell(day):
    """A date before spreadsheets' time is text."""
    return datetime(day.year, day.month, day.day) if day and day > date(1900, 3, 1) else day and day.isoformat()  # noqa: DTZ001


def test_a_formula_is_only_text(cast, tmp_path):
    make_nasty_tasks(cast.acme, cast.carol, FORMULAS)
    write(tmp_path / "file.xlsx", in_order(cast.acme), "xlsx", ["title"])
    sheet = zipfile.ZipFile(tmp_path / "file.xlsx").read("xl/worksheets/sheet1.xml")
    assert sheet.count(b"<f") == 0
    assert sheet.count(b'<c t="inlineStr">') == len(FORMULAS)


def test_rows_beyond_one_sheet_go_on_in_the_next(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "ROWS_PER_SHEET", 10)
    make_nasty_tasks(cast.acme, cast.carol, [f"Task {number}" for number in range(25)])
    write(tmp_path / "file.xlsx", in_order(cast.acme), "xlsx", ["title"])
    book = openpyxl.load_workbook(tmp_path / "file.xlsx")
    assert book.sheetnames == ["Tasks", "Tasks 2", "Tasks 3"]
    assert [sheet.max_row for sheet in book] == [11, 11, 6]
    assert [title for sheet in book for (title,) in rows_of(sheet)[1:]] == [f"Task {n}" for n in reversed(range(25))]


def test_a_sheet_ends_before_it_needs_zip64(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "BYTES_PER_SHEET", 1)
    make_nasty_tasks(cast.acme, cast.carol, ["Plain"])
    write(tmp_path / "file.xlsx", in_order(cast.acme), "xlsx", ["title"])
    book = openpyxl.load_workbook(tmp_path / "file.xlsx")
    assert [rows_of(sheet) for sheet in book] == [[["title"]], [["title"], ["Plain"]]]
