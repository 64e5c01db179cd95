"""CSV, read back by Python's own reader."""

import csv

import pytest

from accounts.models import User
from exports.columns import COLUMNS
from tests.exports.nasty import CREATED, FORMULAS, in_order, make_nasty_tasks, write

pytestmark = pytest.mark.django_db(transaction=True)

#: Before what a cell in a file gets an apostrophe (OWASP, "CSV Injection"), apostrophes that it has already included.
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")


def read(path, encoding="utf-8"):
    with path.open(newline="", encoding=encoding) as file:
        return list(csv.reader(file, strict=True))


def harmless(text):
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def test_it_works(cast, tmp_path):
    task = make_nasty_tasks(cast.acme, cast.carol, ["Plain", "Other"]).get(title="Other")
    written = write(tmp_path / "file", in_order(cast.acme), "csv")
    assert written.rows == written.total == 2
    assert (tmp_path / "file").read_bytes().split(b"\r\n")[:2] == [
        b"id,title,status,priority,assigned_to,created_at",
        f'{task.pk},"Other",open,3,"carol@acme.test",2026-02-28T23:59:59.123456+00:00'.encode(),
    ]


def test_every_text_in_every_column_comes_back(cast, tmp_path):
    tasks = list(make_nasty_tasks(cast.acme, cast.carol).select_related("assigned_to"))
    write(tmp_path / "file", in_order(cast.acme), "csv", COLUMNS)
    header, *rows = read(tmp_path / "file")
    assert header == list(COLUMNS)
    assert rows == [
        [
            str(task.pk),
            harmless(task.title),
            harmless(task.description),
            "open",
            "3",
            "carol@acme.test" if task.assigned_to else "",
            task.due_date.isoformat() if task.due_date else "",
            "carol@acme.test",
            CREATED.isoformat(),
            "2026-02-28T23:59:59+00:00",
            CREATED.isoformat() if task.completed_at else "",
        ]
        for task in tasks
    ]


def test_no_cell_starts_like_a_formula(cast, tmp_path):
    User.objects.filter(pk=cast.carol.pk).update(email="=cmd|'/C calc'!A0@acme.test")
    make_nasty_tasks(cast.acme, cast.carol, FORMULAS)
    write(tmp_path / "file", in_order(cast.acme), "csv", COLUMNS)
    _, *rows = read(tmp_path / "file")
    assert len(rows) == len(FORMULAS)
    assert not [cell for row in rows for cell in row if cell.startswith(DANGEROUS)]


def test_lines_end_as_the_rfc_says(cast, tmp_path):
    make_nasty_tasks(cast.acme, cast.carol, ["Plain", "Other"])
    write(tmp_path / "file", in_order(cast.acme), "csv")
    data = (tmp_path / "file").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") == 3
    assert data.endswith(b"\r\n")


def test_a_byte_order_mark_comes_first(cast, tmp_path):
    make_nasty_tasks(cast.acme, cast.carol, ["Grüße"])
    write(tmp_path / "file", in_order(cast.acme), "csv", bom=True)
    assert (tmp_path / "file").read_bytes().startswith(b"\xef\xbb\xbfid,")
    assert read(tmp_path / "file", "utf-8-sig")[1][1] == "Grüße"
