"""Everything that one does each day, in a browser that runs no scripts."""

import pytest
from playwright.sync_api import expect

from articles.models import Comment
from orgs.models import Task
from tests.browser.test_refresh_parts import TASKS, make_task

pytestmark = pytest.mark.slow


@pytest.fixture
def page(open_browser):
    return open_browser("carol", java_script_enabled=False)


def test_it_works(page):
    """Filter tasks, add one, complete it, and undo that."""
    page.goto(f"{TASKS}?status=open")
    page.get_by_label("Title of a new task").fill("Whistle by hand")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("“Whistle by hand” is on the list.")
    page.get_by_role("searchbox").fill("Whistle by")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Complete Whistle by hand").click()
    expect(page.locator(".messages")).to_contain_text("is done")
    assert Task.objects.get(title="Whistle by hand").status == "done"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Complete Whistle by hand")).to_be_visible()


def test_export_to_the_file(page, tmp_path):
    make_task("Exported by hand")
    page.goto(f"{TASKS}?q=Exported+by+hand")
    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_role("button", name="Start the export").click()
    expect(page.get_by_role("heading", name="Export ")).to_be_visible()
    download = page.get_by_role("link", name="Download")
    # The page of an export that is not done yet asks for itself to be reloaded, which is what a person does.
    for _ in range(100):
        if download.count():
            break
        page.reload()
    with page.expect_download() as file:
        download.click()
    file.value.save_as(tmp_path / "tasks.csv")
    assert "Exported by hand" in (tmp_path / "tasks.csv").read_text()


def test_comment(page):
    page.goto("/orgs/acme/articles/notes-from-the-trade-fair/")
    page.get_by_label("Your comment").fill("Written without scripts.")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("Written without scripts.")).to_be_visible()
    assert Comment.objects.get(body="Written without scripts.").author.email == "carol@acme.test"
