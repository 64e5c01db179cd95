"""Rows that cannot become tasks: nothing is imported, and each says why."""

import csv
import io

import pytest

from exports.imports.models.rejected import SHOWN
from orgs.models import Priority, Status
from orgs.newest import PAGE
from tests.cast import make_user
from tests.exports.builders import run_import

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]

HEADER = "title,description,status,priority,assigned_to,due_date,created_by,created_at,completed_at\r\n"
GOOD = "A task,,open,3,,,,,\r\n"


def errors_of(job):
    return [(row.line, *error) for row in job.rejected_rows.order_by("line") for error in row.errors]


def test_it_works(cast):
    job = run_import(cast.acme, cast.alice, HEADER + GOOD + ",,paused,9,,,,,\r\n" + GOOD)
    assert (job.status, job.outcome, job.state, job.imported, job.rejected) == ("done", "rejected", "Rejected", 0, 1)
    assert not cast.acme.tasks.exists()
    assert errors_of(job) == [
        (3, "title", "is missing"),
        (3, "status", "“paused” is none of: open, in_progress, done"),
        (3, "priority", "“9” is none of: 1, 2, 3, 4"),
    ]


@pytest.mark.parametrize(
    ("row", "name", "message"),
    [
        ("  ,,,,,,,,", "title", "is missing"),
        (f"{'x' * 201},,,,,,,,", "title", "has 201 characters: 200 is the most"),
        (f"A,{'x' * 10001},,,,,,,", "description", "has 10,001 characters: 10,000 is the most"),
        ("A,nu\0l,,,,,,,", "description", "holds a NUL character: remove it"),
        ("A,,,,mallory@elsewhere.test,,,,", "assigned_to", "“mallory@elsewhere.test” is no member"),
        ("A,,,,,,nobody,,", "created_by", "“nobody” is no member"),
        ("A,,,,Carol,,,,", "assigned_to", "“Carol” is the name of 2 members: give the e-mail address"),
        ("A,,,,,2026-02-30,,,", "due_date", "“2026-02-30” is no day of the calendar"),
        ("A,,,,,03/04/2026,,,", "due_date", "“03/04/2026” is no date: write 2026-12-31"),
        ("A,,,,,,,yesterday,", "created_at", "“yesterday” is no time"),
        ("A,,,,,,,0001-01-01T00:00:00+23:00,", "created_at", "is no time"),
        ("A,,,,,,,2999-01-01,", "created_at", "lies in the future"),
        ("A,,,,,,,0001-01-01T00:00:00+00:00,", "created_at", "lies before the year 1900"),
        ("A,,open,,,,,,2026-01-01", "completed_at", "is set, but the status is “open”"),
        ("A,,open", "", "3 cells, where the first line has 9"),
        ("A,,open,,,,,,,too much", "", "10 cells, where the first line has 9"),
    ],
)
def test_each_error_says_what_to_do(cast, row, name, message):
    cast.acme.add_member(make_user("Carol", email="carol2@acme.test"), "member")
    job = run_import(cast.acme, cast.alice, HEADER + GOOD + row + "\r\n")
    ((line, found, words),) = errors_of(job)
    assert (line, found) == (3, name)
    assert message in words
    assert not cast.acme.tasks.exists()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("A,,In Progress,urgent,,,,,", {"status": Status.IN_PROGRESS, "priority": Priority.URGENT}),
        ("A,,,,,31.12.2026,,,,", {"due_date": "2026-12-31", "status": Status.OPEN, "priority": Priority.NORMAL}),
        ("A,,,,ALICE@acme.test,,,,", {"assigned_to": "Alice"}),
        ("A,,,,alice,,,,", {"assigned_to": "Alice"}),
        ("'=1+1,  two spaces ,,,,,,,", {"title": "=1+1", "description": "  two spaces "}),
        ("A,,,,,,,2026-01-02,", {"created_at": "2026-01-02 00:00:00+00:00"}),
        ("A,,,,,,,,,,,", {"title": "A"}),
    ],
)
def test_what_can_be_understood_is(cast, row, expected):
    job = run_import(cast.acme, cast.alice, HEADER + row + "\r\n")
    assert errors_of(job) == []
    task = cast.acme.tasks.get()
    assert {name: str(getattr(task, name)) for name in expected} == {n: str(value) for n, value in expected.items()}


def test_unknown_people_can_be_left_out(cast):
    job = run_import(
        cast.acme, cast.alice, HEADER + "A,,,,gone@acme.test,,gone@acme.test,,\r\n", leave_out_unknown=True
    )
    assert job.imported == 1
    assert (cast.acme.tasks.get().assigned_to, cast.acme.tasks.get().created_by) == (None, None)


def test_the_file_has_the_rows_as_they_were_with_their_errors(cast, visit):
    rows = ['=cmd,"two\r\nlines",paused,,,,,,', "'=neutral,,paused,,,,,,", GOOD.strip(), "short"]
    job = run_import(cast.acme, cast.alice, "\ufeff" + HEADER + "\r\n".join(rows))
    answer = visit(cast.alice).client.get(f"/orgs/acme/tasks/imports/{job.pk}/rejected/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    header, *found = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == [*HEADER.strip().split(","), "error"]
    assert [row[0] for row in found] == ["'=cmd", "'=neutral", "short"]
    assert found[0][1:3] == ["two\r\nlines", "paused"]
    assert found[0][-1] == "Line 2: status “paused” is none of: open, in_progress, done"
    assert found[2][-1] == "Line 6: 1 cells, where the first line has 9"
    assert answer["Content-Disposition"] == f'attachment; filename="acme-import-{job.pk}-rejected-rows.csv"'


def test_of_many_some_are_shown_page_by_page_and_all_are_in_the_file(cast, visit):
    job = run_import(cast.acme, cast.carol, "title,status\r\n" + "A,wrong\r\n" * (SHOWN + 5))
    assert (job.rejected, job.rejected_rows.count()) == (SHOWN + 5, SHOWN)
    assert job.path.read_bytes().count(b"\r\n") == SHOWN + 6
    browser = visit(cast.carol, "text/html").client
    address = f"/orgs/acme/tasks/imports/{job.pk}/"
    page = browser.get(address).content.decode()
    assert page.count("is none of") == PAGE
    assert f"?after={PAGE + 1}" in page
    assert browser.get(address, {"after": SHOWN - 9}).content.decode().count("is none of") == 10
    assert browser.get(address, {"after": "x"}).status_code == 400
