"""Tasks by mouse, by keyboard alone, on a phone and in the dark."""

import re

import pytest
from playwright.sync_api import expect

from orgs.models import Task
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.slow


def rows(page):
    return page.get_by_role("table", name="Tasks").get_by_role("row")


def test_it_works(open_browser):
    page = open_browser("carol")
    page.goto("/orgs/acme/tasks/")
    page.get_by_role("link", name="New task").click()
    page.get_by_label("Title").fill("Feed the browser's rooks")
    page.get_by_label("Priority").select_option(label="High")
    page.get_by_label("Assigned to").select_option(label="Bob Brook")
    page.get_by_role("button", name="Create").click()

    page.get_by_role("searchbox").fill("browser's rooks")
    page.get_by_role("button", name="Apply").click()
    expect(rows(page)).to_have_count(2)  # with the head
    expect(rows(page).last).to_contain_text("Feed the browser's rooks")
    expect(rows(page).last).to_contain_text("Bob Brook")
    expect(rows(page).last).to_contain_text("High")

    page.get_by_role("button", name="Complete Feed the browser's rooks").click()
    expect(page.get_by_role("button", name="Reopen Feed the browser's rooks")).to_be_visible()
    assert Task.objects.get(title="Feed the browser's rooks").status == "done"


def test_a_filter_shows_what_the_database_has(open_browser):
    page = open_browser("dave")
    page.goto("/orgs/acme/tasks/")
    page.get_by_label("Status").select_option(label="In progress")
    page.get_by_label("Priority").select_option(label="Urgent")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**status=in_progress**priority=1**")
    expected = Task.objects.filter(organization__slug="acme", status="in_progress", priority=1)
    titles = page.locator("td.cell-main").all_inner_texts()
    assert titles
    assert set(titles) <= set(expected.values_list("title", flat=True))
    assert len(titles) == min(expected.count(), 50)


def tab_to(page, target, most=80):
    """Press Tab until the focus is there, and see that one can see it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            assert target.evaluate("each => getComputedStyle(each).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab does not lead to {target}")


def test_by_keyboard_alone(open_browser):
    page = open_browser("carol")
    page.goto("/orgs/acme/tasks/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "Skip to the content"
    tab_to(page, page.get_by_role("link", name="New task"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New task")).to_be_visible()
    tab_to(page, page.get_by_label("Title"))
    page.keyboard.type("Written without a mouse")
    tab_to(page, page.get_by_role("button", name="Create"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    assert Task.objects.filter(title="Written without a mouse").exists()


def test_a_dialog_keeps_the_focus_and_gives_it_back(open_browser):
    page = open_browser("carol")
    page.goto("/orgs/acme/tasks/?status=open")
    export = page.get_by_role("link", name="Export", exact=True)
    export.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Tab")
    assert dialog.evaluate("each => each.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(export).to_be_focused()


def test_on_a_phone(open_browser):
    page = open_browser("carol", **PHONE)
    page.goto("/orgs/acme/tasks/")
    page.get_by_role("link", name="New task").tap()
    page.get_by_label("Title").fill("Written on the bus")
    page.get_by_role("button", name="Create").tap()
    page.wait_for_url("**/tasks/*")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Task.objects.filter(title="Written on the bus").exists()


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_it_is_as_light_or_dark_as_the_system(open_browser, scheme, is_dark):
    page = open_browser("carol", color_scheme=scheme)
    page.goto("/orgs/acme/tasks/")
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    red, green, blue, *_ = (float(number) for number in re.findall(r"[0-9.]+", colour))
    assert (red + green + blue < 3 * 64) == is_dark
