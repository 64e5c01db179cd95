import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import obstacles
from tests.consumer import SOON, until
from tests.roost import Roost

pytestmark = pytest.mark.slow


@pytest.fixture
def empty(tmp_path, migrated_database):
    """The web of an installation that nobody has set up."""
    shutil.copy(migrated_database, tmp_path / "roost.sqlite3")
    empty = Roost(tmp_path, WEB_WORKERS="1")
    assert empty.run("prepare").returncode == 0
    with empty.log.open("w") as log:
        web = empty.start("run_web", stdout=log, stderr=log)
    until(lambda: empty.get("/up") == 200, SOON)
    yield empty
    web.kill()  # its workers end with it
    web.wait()


def test_it_works(empty, open_browser):  # in this order: the browser leaves before its web is killed
    page = open_browser(at=empty, timezone_id="Europe/Berlin", reduced_motion="reduce")
    page.goto("/")
    expect(page.get_by_role("heading", name="Welcome to Roost")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")  # the browser's own
    assert obstacles(page) == []

    page.get_by_label("Your name").fill("Ruth Rook")
    page.get_by_label("E-mail address").fill("ruth@rookery.test")
    page.get_by_label("Password", exact=True).fill("a long enough one")
    page.get_by_label("Password again").fill("a long enough one")
    page.get_by_label("Name of your team").fill("Rook & Sons")
    expect(page.locator("[data-slug-of]")).to_have_value("rook-sons")  # suggested
    page.get_by_role("button", name="Set up Roost").click()

    expect(page).to_have_url("/orgs/rook-sons/tasks/")
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    expect(page.locator("summary", has_text="Rook & Sons")).to_be_visible()
