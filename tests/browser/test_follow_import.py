"""An import from the file to the tasks. Its page keeps itself up to date, and other pages say that it is done."""

import pytest
from playwright.sync_api import expect

from jobs.models import QueuePause
from orgs.models import Task
from tests.browser.test_work_on_tasks import tab_to

pytestmark = pytest.mark.slow


@pytest.fixture
def paused(installation):
    """Nothing of the queue `exports` begins until the test resumes it."""
    QueuePause.objects.create(queue="exports")
    yield
    QueuePause.objects.filter(queue="exports").delete()


def test_it_works(open_browser, paused, tmp_path):
    file = tmp_path / "groceries.csv"
    file.write_text("title,status\nBring the milk,open\nBring the bread,done\n")
    page = open_browser("bob")
    page.goto("/orgs/acme/tasks/imports/new/")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Send the file").click()
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    elsewhere = page.context.new_page()
    elsewhere.goto("/orgs/acme/tasks/")
    expect(elsewhere.get_by_role("heading", name="Tasks")).to_be_visible()

    operator = open_browser("alice")
    operator.goto("/ops/")
    operator.get_by_role("button", name="Resume the queue exports").click()
    expect(page.get_by_text("2 tasks imported.")).to_be_visible()  # without a reload
    expect(page.locator("[data-live-words]")).to_contain_text("Imported")  # told to screen readers
    expect(page.locator("#toasts .message")).to_have_count(0)  # it is the import's own page
    expect(elsewhere.locator("#toasts")).to_contain_text("Your import is done: groceries.csv")
    assert set(Task.objects.filter(title__startswith="Bring the").values_list("title", "status")) == {
        ("Bring the milk", "open"),
        ("Bring the bread", "done"),
    }


def test_by_keyboard_alone(open_browser, tmp_path):
    file = tmp_path / "chores.csv"
    file.write_text("title,status\nSweep the stairs,open\nSweep the yard,open\n")
    page = open_browser("bob")
    page.goto("/orgs/acme/tasks/")
    tab_to(page, page.get_by_role("link", name="Import", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/imports/new/")
    tab_to(page, page.get_by_label("CSV file"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    tab_to(page, page.get_by_role("button", name="Send the file"))
    page.keyboard.press("Enter")
    start = page.get_by_role("button", name="Start the import")
    expect(start).to_be_visible()
    tab_to(page, start)
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 tasks imported.")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="See the tasks"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Sweep the stairs")).to_be_visible()
