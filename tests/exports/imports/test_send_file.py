"""Sending a file to import: what cannot be read, and how what can be read is found out."""

import gzip

import pytest

from exports.imports.models import TaskImport, Upload
from exports.imports.models.upload import MOST
from tests.exports.builders import make_upload, run_import
from tests.exports.imports.uploads import CSV, IMPORTS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"title\r\n", "The file has no rows below the names of the columns."),
        (b"\r\nA\r\n", "The first line is empty"),
        (b"PK\x03\x04rest", "This is a spreadsheet, not a CSV file"),
        (b'title\r\n"never closed\r\n', "From line 2 on this is no CSV"),
        (b'title\r\n"' + b"x" * 70_000, "From line 2 on this is no CSV"),
        (b"title\r\n\x81\x8d\xff", "The file is no text in UTF-8"),
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "The compressed file is damaged"),
        (b"a," * 300 + b"\r\n1\r\n", "The first line has 301 columns"),
        (b"title\r\n" + b"A\r\n" * 1001, "The file has more than 1,000 rows"),
        (b"title\r\nA\r\n" + b"\r\n \n" * 501, "The file has more than 1,000 empty lines"),
        (b"title\r\n" + b"A" * 60_000, "The file has more than 50.0"),
        (gzip.compress(b"title\r\n" + b"A\n" * 60_000, mtime=0), "The file holds more than 50.0"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(settings, program, browser, media, content, words):
    settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_SIZE = 1000, 50 * 1024
    if b"70_000" in content or len(content) > 65_000:
        settings.IMPORT_MAX_SIZE = 100 * 1024
    answer = send(program, content)
    assert answer.status_code == 400
    assert words in answer.json()["fields"]["file"][0]
    assert words in send(browser, content).content.decode()
    assert not list((media / "imports").rglob("*.upload"))
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.iterdir())


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"," * 2_000_000, 1),
        (b"title\r\nA\r\n" + b'"x\n",' * 400_000, 3),  # no line of it is long
        (b"title\r\n" + b"," * 2_000_000, 2),
    ],
)
def test_a_row_that_never_ends_is_not_read(program, content, line):
    answer = send(program, gzip.compress(content, mtime=0))
    assert answer.status_code == 400
    assert f"From line {line} on this is no CSV (row larger than 1,048,576 characters)" in answer.json()["error"]


def test_nothing_sent_is_said(program):
    assert program.post(f"{IMPORTS}new/").json()["fields"] == {"file": ["Choose a file (“file”)."]}


@pytest.mark.parametrize(
    ("encoded", "encoding", "delimiter"),
    [
        ("title;status\nGrüße;open".encode("cp1252"), "cp1252", ";"),
        ("title\tstatus\nGrüße\topen".encode("utf-16"), "utf-16", "\t"),
        ("title,status\nGrüße,open".encode("utf-8-sig"), "utf-8-sig", ","),
        (gzip.compress("title,status\nGrüße,open".encode(), mtime=0), "utf-8", ","),
    ],
)
def test_encoding_and_delimiter_are_found_out(cast, program, encoded, encoding, delimiter):
    upload = send(program, encoded).json()
    assert (upload["encoding"], upload["delimiter"], upload["columns"]) == (encoding, delimiter, ["title", "status"])
    job = run_import(cast.acme, cast.carol, encoded)
    assert job.imported == 1
    assert cast.acme.tasks.get().title == "Grüße"


def test_the_file_can_be_read_in_another_way(program, browser):
    upload = send(program, "title;a,b\r\nGrüße;1,2\r\n").json()
    address = f"{upload['upload_url']}read/"
    again = program.post(address, {"encoding": "cp1252", "delimiter": ";"}).json()
    assert again["columns"] == ["title", "a,b"]
    assert "GrÃ¼ÃŸe" in browser.get(upload["upload_url"]).content.decode()
    assert program.post(address, {"encoding": "utf-16", "delimiter": ";"}).status_code == 400
    assert program.post(address, {"encoding": "hex", "delimiter": "x"}).json()["fields"].keys() == {
        "encoding",
        "delimiter",
    }


def test_of_many_files_of_a_person_the_newest_are_kept(cast, program):
    other = make_upload(cast.acme, cast.bob, CSV)
    waiting = TaskImport.start(make_upload(cast.acme, cast.carol, CSV), cast.carol, mapping={"title": 0}).upload
    oldest, *newest = (make_upload(cast.acme, cast.carol, CSV) for _ in range(MOST))
    address = f"{IMPORTS}files/{oldest.pk}/"
    assert program.get(address).status_code == 200
    newest.append(make_upload(cast.elsewhere, cast.carol, CSV))
    assert set(Upload.objects.all()) == {other, waiting, *newest}
    assert [each.is_there for each in (other, waiting, oldest, *newest)] == [True, True, False, *[True] * MOST]
    assert program.get(address).status_code == 404
