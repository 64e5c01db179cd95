"""Saying which column is what, starting the import, and following it."""

import pytest

from exports.imports import mail
from exports.imports.models import TaskImport, Upload
from exports.imports.models.task_import import LIMIT, Refused, TooManyImports
from jobs.runner import run
from mail.models import Email
from orgs.models import AuditEntry
from realtime.models import Event
from tests.exports.builders import make_upload, run_import
from tests.exports.imports.uploads import CSV, IMPORTS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


def test_it_works(cast, program):
    answer = send(program, CSV)
    assert answer.status_code == 201
    upload = answer.json()
    assert (upload["columns"], upload["mapping"], upload["rows"]) == (["Titel", "State", "Who"], {"status": 1}, 2)
    assert (upload["encoding"], upload["delimiter"]) == ("utf-8", ",")
    started = program.post(upload["upload_url"], {"title": 0, "assigned_to": 2})
    assert started.status_code == 202
    told = program.get(started.json()["job_status_url"]).json()
    assert (told["status"], told["outcome"], told["total"]) == ("pending", "", 2)
    run(TaskImport, started.json()["job_id"])
    told = program.get(started.json()["job_status_url"]).json()
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


def test_a_file_is_imported_once(cast, program):
    upload = make_upload(cast.acme, cast.carol, "title\r\nA\r\n")
    job = TaskImport.start(upload, cast.carol, mapping={"title": 0})
    with pytest.raises(Refused, match="is being imported already"):
        TaskImport.start(upload, cast.carol, mapping={"title": 0})
    run(TaskImport, job.pk)
    answer = program.post(f"{IMPORTS}files/{upload.pk}/", {"title": 0})
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "This file has been imported. Send it again to have its tasks a second time.",
    )
    assert cast.acme.tasks.count() == 1


def test_a_file_that_goes_while_its_import_is_started_is_said_to_be_gone(cast, program, monkeypatch):
    upload = make_upload(cast.acme, cast.carol, CSV)
    start = TaskImport.start
    monkeypatch.setattr(TaskImport, "start", lambda *args, **wanted: [upload.remove(), start(*args, **wanted)])
    answer = program.post(f"{IMPORTS}files/{upload.pk}/", {"title": 0})
    assert (answer.status_code, answer.json()["error"]) == (404, "The file is no longer there. Send it again.")


def test_three_unfinished_ones_are_the_most(cast, program):
    for _ in range(LIMIT):
        TaskImport.start(make_upload(cast.acme, cast.carol, "title\r\nA\r\n"), cast.carol, mapping={"title": 0})
    upload = make_upload(cast.acme, cast.carol, "title\r\nA\r\n")
    with pytest.raises(TooManyImports):
        TaskImport.start(upload, cast.carol, mapping={"title": 0})
    answer = program.post(f"{IMPORTS}files/{upload.pk}/", {"title": 0})
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


def test_cancelling_leaves_nothing(cast, program):
    job = TaskImport.start(make_upload(cast.acme, cast.carol, "title\r\nA\r\n"), cast.carol, mapping={"title": 0})
    assert program.post(f"{IMPORTS}{job.pk}/cancel/").json()["status"] == "cancelled"
    run(TaskImport, job.pk)
    assert not cast.acme.tasks.exists()
