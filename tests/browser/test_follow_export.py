"""An export from the dialog to the file, and one that is stopped on the way. The page keeps itself up to date."""

import csv
import os
import re
import signal

import pytest
from django.db import connection
from playwright.sync_api import expect

from accounts.models import User
from exports.models import ExportJob
from jobs.models import QueuePause, Status
from orgs.models import Organization, Task
from realtime.models import Event
from tests.consumer import pid_of, until

pytestmark = pytest.mark.slow

MANY = """
    INSERT INTO orgs_task (organization_id, title, description, status, priority, created_at, updated_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 600000)
    SELECT %s, 'Task ' || i, 'A description that takes its time to be written', 'open', 3,
           '2026-01-01 00:00:00', '2026-01-01 00:00:00'
    FROM n
"""


@pytest.fixture
def paused(installation):
    """Nothing of the queue `exports` begins until the test resumes it."""
    QueuePause.objects.create(queue="exports")
    yield
    QueuePause.objects.filter(queue="exports").delete()


def start(page, slug, **fields):
    """Start an export from the task list's dialog, and see its page."""
    page.goto(f"/orgs/{slug}/tasks/?status=open")
    page.get_by_role("link", name="Export", exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, option in fields.items():
        dialog.get_by_label(label).select_option(label=option)
    dialog.get_by_role("button", name="Start the export").click()
    expect(page.get_by_role("heading", name="Export ")).to_be_visible()


def test_it_works(open_browser, paused, tmp_path):
    page = open_browser("bob")
    start(page, "acme")
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()

    operator = open_browser("alice")
    operator.goto("/ops/")
    operator.get_by_role("button", name="Resume the queue exports").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible()  # without a reload
    expect(page.locator("[data-live-words]")).to_contain_text("Done")  # told to screen readers

    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name.startswith("acme-tasks-export-")
    with file.open(newline="") as lines:
        written = {int(row["id"]): row["title"].removeprefix("'") for row in csv.DictReader(lines)}  # no formulas
    assert written
    assert written == dict(Task.objects.filter(organization__slug="acme", status="open").values_list("pk", "title"))


def test_cancel_one_that_runs(open_browser, paused):
    elsewhere = Organization.objects.get(slug="elsewhere")
    with connection.cursor() as cursor:
        cursor.execute(MANY, [elsewhere.pk])
    page = open_browser("mallory")
    start(page, "elsewhere", Format="Excel (XLSX)")
    export = ExportJob.objects.get(organization=elsewhere)
    QueuePause.resume("exports")
    running = Event.objects.filter(kind="export.changed", payload__export=export.pk, payload__status="running")
    until(lambda: running.count() > 1)  # its page is told of the first rows
    export.refresh_from_db()
    os.kill(pid_of(export), signal.SIGSTOP)  # so that there is time to see and to cancel it
    try:
        expect(page.get_by_text("of 600,0")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    finally:
        os.kill(pid_of(export), signal.SIGCONT)
    until(lambda: export.attempts.get().ended_at)
    export.refresh_from_db()
    assert (export.status, export.has_file) == (Status.CANCELLED, False)


@pytest.mark.parametrize("address", ["/orgs/acme/tasks/exports/", "/"])
def test_its_end_is_told_once(open_browser, address):
    """A list that has not shown its row yet: others tell it in a toast, this one as it shows it."""
    page = open_browser("bob")
    page.goto(address)
    expect(page.locator("html[data-stream=open]")).to_be_attached()
    asked = []
    list_itself = re.compile(rf":\d+{address}$")
    page.route(list_itself, lambda route: None)
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("""() => { window.isOver = new Promise((resolve) => {
        document.addEventListener("roost:export.changed", ({ detail }) => detail.ids.status === "done" && resolve());
    }); }""")
    export = ExportJob.start(
        Organization.objects.get(slug="acme"), User.objects.get(email="bob@acme.test"), filters={"q": "nothing at all"}
    )
    page.evaluate("window.isOver")
    page.unroute(list_itself)  # those that wait go on
    expect(page.locator("[data-live-words]")).to_contain_text(f"The newest, {export.download_name}: Done.")
    assert not [url for url in asked if "notice" in url]
    expect(page.locator("#notices")).to_be_empty()
