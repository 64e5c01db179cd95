"""Sending a file, saying which column is what, starting the import, and following it."""

import gzip
from contextlib import closing

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from exports.imports import mail
from exports.imports.models import TaskImport, Upload
from exports.imports.models.task_import import LIMIT, Refused, TooManyImports
from exports.imports.models.upload import MOST
from jobs.models import Status
from jobs.runner import run
from mail.models import Email
from orgs.models import Arrival, AuditEntry, Role, Task
from realtime.models import Event
from tests.exports.builders import make_upload, run_import

IMPORTS = "/orgs/acme/tasks/imports/"
CSV = "Titel,State,Who\r\nBuy bread,open,bob@acme.test\r\nSleep,done,\r\n"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


@pytest.fixture
def client(cast, visit):
    return visit(cast.carol).client


@pytest.fixture
def browser(cast, visit):
    return visit(cast.carol, "text/html").client


def send(client, content, name="tasks.csv"):
    content = content if isinstance(content, bytes) else content.encode()
    return client.post(f"{IMPORTS}new/", {"file": SimpleUploadedFile(name, content)})


def test_it_works(cast, client):
    answer = send(client, CSV)
    assert answer.status_code == 201
    upload = answer.json()
    assert (upload["columns"], upload["mapping"], upload["rows"]) == (["Titel", "State", "Who"], {"status": 1}, 2)
    assert (upload["encoding"], upload["delimiter"]) == ("utf-8", ",")
    started = client.post(upload["upload_url"], {"title": 0, "assigned_to": 2})
    assert started.status_code == 202
    told = client.get(started.json()["job_status_url"]).json()
    assert (told["status"], told["outcome"], told["total"]) == ("pending", "", 2)
    run(TaskImport, started.json()["job_id"])
    told = client.get(started.json()["job_status_url"]).json()
    assert (told["status"], told["outcome"], told["imported"], told["progress"]) == ("done", "imported", 2, 2)
    tasks = list(cast.acme.tasks.order_by("-created_at", "-id").values_list("title", "status", "assigned_to__email"))
    assert tasks == [("Buy bread", "open", "bob@acme.test"), ("Sleep", "done", None)]
    assert {task.created_by for task in cast.acme.tasks.all()} == {cast.carol}
    assert cast.acme.tasks.get(status="done").completed_at


def test_a_browser_is_led_from_page_to_page(cast, browser):
    assert "Send the file" in browser.get(f"{IMPORTS}new/").content.decode()
    answer = send(browser, CSV, '<b>"tasks".csv')
    assert answer.status_code == 302
    page = browser.get(answer["Location"]).content.decode()
    for words in ("&lt;b&gt;", "Buy bread", "2 rows", '<option value="1" selected>State</option>'):
        assert words in page
    wrong = browser.post(answer["Location"], {"title": "", "status": 1, "priority": 1})
    assert wrong.status_code == 400
    assert "Say which column has the titles" in wrong.content.decode()
    assert "A column of the file can be one field only" in wrong.content.decode()
    started = browser.post(answer["Location"], {"title": 0, "status": "", "assigned_to": ""})
    assert started.status_code == 302
    assert "Waiting for a worker" in browser.get(started["Location"]).content.decode()
    run(TaskImport, TaskImport.objects.get().pk)
    assert "2 tasks imported." in browser.get(started["Location"]).content.decode()
    assert {task.status for task in cast.acme.tasks.all()} == {"open"}
    page = browser.get(IMPORTS).content.decode()
    assert "Imported" in page


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
def test_a_file_that_cannot_be_read_is_refused_in_words(settings, client, browser, media, content, words):
    settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_SIZE = 1000, 50 * 1024
    if b"70_000" in content or len(content) > 65_000:
        settings.IMPORT_MAX_SIZE = 100 * 1024
    answer = send(client, content)
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
def test_a_row_that_never_ends_is_not_read(client, content, line):
    answer = send(client, gzip.compress(content, mtime=0))
    assert answer.status_code == 400
    assert f"From line {line} on this is no CSV (row larger than 1,048,576 characters)" in answer.json()["error"]


def test_nothing_sent_is_said(client):
    assert client.post(f"{IMPORTS}new/").json()["fields"] == {"file": ["Choose a file (“file”)."]}


@pytest.mark.parametrize(
    ("encoded", "encoding", "delimiter"),
    [
        ("title;status\nGrüße;open".encode("cp1252"), "cp1252", ";"),
        ("title\tstatus\nGrüße\topen".encode("utf-16"), "utf-16", "\t"),
        ("title,status\nGrüße,open".encode("utf-8-sig"), "utf-8-sig", ","),
        (gzip.compress("title,status\nGrüße,open".encode(), mtime=0), "utf-8", ","),
    ],
)
def test_encoding_and_delimiter_are_found_out(cast, client, encoded, encoding, delimiter):
    upload = send(client, encoded).json()
    assert (upload["encoding"], upload["delimiter"], upload["columns"]) == (encoding, delimiter, ["title", "status"])
    job = run_import(cast.acme, cast.carol, encoded)
    assert job.imported == 1
    assert cast.acme.tasks.get().title == "Grüße"


def test_the_file_can_be_read_in_another_way(client, browser):
    upload = send(client, "title;a,b\r\nGrüße;1,2\r\n").json()
    address = f"{upload['upload_url']}read/"
    again = client.post(address, {"encoding": "cp1252", "delimiter": ";"}).json()
    assert again["columns"] == ["title", "a,b"]
    assert "GrÃ¼ÃŸe" in browser.get(upload["upload_url"]).content.decode()
    assert client.post(address, {"encoding": "utf-16", "delimiter": ";"}).status_code == 400
    assert client.post(address, {"encoding": "hex", "delimiter": "x"}).json()["fields"].keys() == {
        "encoding",
        "delimiter",
    }


def test_a_file_is_imported_once(cast, client):
    upload = make_upload(cast.acme, cast.carol, "title\r\nA\r\n")
    job = TaskImport.start(upload, cast.carol, mapping={"title": 0})
    with pytest.raises(Refused, match="is being imported already"):
        TaskImport.start(upload, cast.carol, mapping={"title": 0})
    run(TaskImport, job.pk)
    answer = client.post(f"{IMPORTS}files/{upload.pk}/", {"title": 0})
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "This file has been imported. Send it again to have its tasks a second time.",
    )
    assert cast.acme.tasks.count() == 1


def test_of_many_files_of_a_person_the_newest_are_kept(cast, client):
    other = make_upload(cast.acme, cast.bob, CSV)
    waiting = TaskImport.start(make_upload(cast.acme, cast.carol, CSV), cast.carol, mapping={"title": 0}).upload
    oldest, *newest = (make_upload(cast.acme, cast.carol, CSV) for _ in range(MOST))
    address = f"{IMPORTS}files/{oldest.pk}/"
    assert client.get(address).status_code == 200
    newest.append(make_upload(cast.elsewhere, cast.carol, CSV))
    assert set(Upload.objects.all()) == {other, waiting, *newest}
    assert [each.is_there for each in (other, waiting, oldest, *newest)] == [True, True, False, *[True] * MOST]
    assert client.get(address).status_code == 404


def test_a_file_that_goes_while_its_import_is_started_is_said_to_be_gone(cast, client, monkeypatch):
    upload = make_upload(cast.acme, cast.carol, CSV)
    start = TaskImport.start
    monkeypatch.setattr(TaskImport, "start", lambda *args, **wanted: [upload.remove(), start(*args, **wanted)])
    answer = client.post(f"{IMPORTS}files/{upload.pk}/", {"title": 0})
    assert (answer.status_code, answer.json()["error"]) == (404, "The file is no longer there. Send it again.")


def test_three_unfinished_ones_are_the_most(cast, client):
    for _ in range(LIMIT):
        TaskImport.start(make_upload(cast.acme, cast.carol, "title\r\nA\r\n"), cast.carol, mapping={"title": 0})
    upload = make_upload(cast.acme, cast.carol, "title\r\nA\r\n")
    with pytest.raises(TooManyImports):
        TaskImport.start(upload, cast.carol, mapping={"title": 0})
    answer = client.post(f"{IMPORTS}files/{upload.pk}/", {"title": 0})
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")


def test_it_tells_whoever_may_see_it_and_the_list_of_tasks(cast, visit):
    job = run_import(cast.acme, cast.carol, "title\r\nA\r\nB\r\n")
    told = Event.objects.filter(kind="import.changed", organization_id=cast.acme.pk)
    assert {event.user for event in told} == {cast.alice, cast.bob, cast.carol}
    assert {event.payload["status"] for event in told} == {"pending", "running", "done"}
    (event,) = Event.objects.filter(kind="task.changed")
    assert (event.organization_id, event.actor_id, event.payload) == (cast.acme.pk, cast.carol.pk, {"count": 2})
    entry = AuditEntry.objects.get(action="imported")
    assert (entry.organization, entry.actor, entry.target) == (cast.acme, cast.carol, job.label)
    assert entry.details == {"file": "tasks.csv", "tasks": 2}
    log = visit(cast.alice, "text/html").client.get("/orgs/acme/audit/", {"action": "imported"})
    assert "tasks.csv" in log.content.decode()


def test_whoever_waited_long_is_told_by_e_mail(cast, monkeypatch):
    monkeypatch.setattr("exports.imports.models.task_import.LONG", -TaskImport.lease)
    run_import(cast.acme, cast.carol, "title\r\nA\r\n")
    run_import(cast.acme, cast.carol, "title,status\r\nA,wrong\r\n")
    imported, rejected = Email.objects.filter(kind=mail.IMPORT_ENDED.name).order_by("pk")
    assert (imported.recipient, imported.subject) == ("carol@acme.test", "Your import: imported: tasks.csv")
    assert "1 task imported." in imported.text
    assert "Nothing was imported: 1 of 1 rows" in rejected.text


# ---- who may


def test_members_write_as_themselves(cast, client):
    upload = send(client, "title,created_by,created_at\r\nA,alice@acme.test,2020-01-01\r\n").json()
    assert upload["mapping"] == {"title": 0}
    started = client.post(upload["upload_url"], {"created_by": 1, "created_at": 2}).json()
    run(TaskImport, started["job_id"])
    task = cast.acme.tasks.get()
    assert task.created_by == cast.carol
    assert task.created_at.year > 2020


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, None])
def test_whoever_may_no_longer_keep_history_when_it_runs_does_not(cast, role):
    upload = make_upload(cast.acme, cast.bob, "title,created_at\r\nA,2020-01-01\r\n")
    job = TaskImport.start(upload, cast.bob, mapping={"title": 0, "created_at": 1})
    membership = cast.acme.memberships.filter(user=cast.bob)
    _ = membership.update(role=role) if role else membership.delete()
    run(TaskImport, job.pk)
    job.refresh_from_db()
    assert (job.status, job.imported) == (Status.FAILED, 0)
    assert "may no longer import" in job.error
    assert not cast.acme.tasks.exists()


def test_an_import_is_its_person_s_and_those_who_see_all(cast, visit, erin):
    def status(person, address):
        with closing(visit(person).client.get(address)) as answer:
            return answer.status_code

    job = run_import(cast.acme, cast.carol, "title,status\r\nA,wrong\r\n")
    seen = {
        person.name: [status(person, f"{IMPORTS}{job.pk}/{end}") for end in ("", "rejected/")]
        for person in (cast.alice, cast.bob, cast.carol, erin, cast.dave, cast.mallory)
    }
    assert seen == {
        "Alice": [200, 200],
        "Bob": [200, 200],
        "Carol": [200, 200],
        "Erin": [404, 404],
        "Dave": [404, 403],
        "Mallory": [404, 404],
    }
    assert visit(cast.bob).client.get(f"{IMPORTS}files/{job.upload_id}/").status_code == 404
    assert visit(cast.mallory).client.get(f"/orgs/elsewhere/tasks/imports/{job.pk}/").status_code == 404


def test_the_list_and_the_pages_ask_the_database_little(cast, visit, django_assert_num_queries):
    for _ in range(3):
        run_import(cast.acme, cast.carol, "title,status\r\nA,wrong\r\n")
    browser = visit(cast.bob, "text/html").client
    browser.get(IMPORTS)
    with django_assert_num_queries(6):
        browser.get(IMPORTS)
    with django_assert_num_queries(9):
        browser.get(f"{IMPORTS}{TaskImport.objects.first().pk}/")
    upload = Upload.objects.first()
    carol = visit(cast.carol, "text/html").client
    with django_assert_num_queries(5):
        carol.get(f"{IMPORTS}files/{upload.pk}/")


@pytest.fixture
def naming_carol(cast):
    """Alice's import of a task that is Carol's."""
    upload = make_upload(cast.acme, cast.alice, "title,assigned_to\r\nA,carol@acme.test\r\n")
    return TaskImport.start(upload, cast.alice, mapping={"title": 0, "assigned_to": 1})


def run_twice(job):
    """Run two attempts of the job; returns how it was after the first one, and its errors at the end."""
    run(TaskImport, job.pk)
    job.refresh_from_db()
    first = job.status
    TaskImport.objects.update(run_after=job.created_at)
    run(TaskImport, job.pk)
    assert not Arrival.objects.exists()
    assert not Task._base_manager.exists()
    return first, [row.errors for row in job.rejected_rows.all()]


NO_MEMBER = [
    ["assigned_to", "“carol@acme.test” is no member: add them first, correct it, or have unknown people left out"]
]


def test_whoever_leaves_before_the_rows_are_written_makes_them_wrong(cast, naming_carol, monkeypatch):
    announce = Arrival.announce

    def leave_first(*args):
        cast.acme.memberships.filter(user=cast.carol).delete()
        return announce(*args)

    monkeypatch.setattr(Arrival, "announce", leave_first)
    assert run_twice(naming_carol) == (Status.PENDING, [NO_MEMBER])


def test_whoever_is_deleted_while_the_rows_are_written_makes_them_wrong(cast, naming_carol, monkeypatch):
    add = Arrival.add

    def delete_first(*args):
        User.objects.filter(pk=cast.carol.pk).delete()
        add(*args)

    monkeypatch.setattr(Arrival, "add", delete_first)
    assert run_twice(naming_carol) == (Status.PENDING, [NO_MEMBER])


def test_cancelling_leaves_nothing(cast, client):
    job = TaskImport.start(make_upload(cast.acme, cast.carol, "title\r\nA\r\n"), cast.carol, mapping={"title": 0})
    assert client.post(f"{IMPORTS}{job.pk}/cancel/").json()["status"] == "cancelled"
    run(TaskImport, job.pk)
    assert not cast.acme.tasks.exists()
