"""Several tasks changed at once by keyboard alone, and changed back."""

import pytest
from playwright.sync_api import expect

from orgs.models import Task
from tests.browser.test_refresh_parts import TASKS, make_task
from tests.browser.test_work_on_tasks import tab_to

pytestmark = pytest.mark.slow


def priorities():
    return list(Task.objects.filter(title__startswith="Paint the").order_by("pk").values_list("priority", flat=True))


def test_it_works(open_browser):
    for title, priority in (("Paint the door", 3), ("Paint the fence", 4), ("Paint the gate", 2)):
        make_task(title, priority=priority)
    page = open_browser("carol")
    page.goto(f"{TASKS}?q=Paint+the")
    form = page.get_by_role("form", name="Change the ticked tasks")
    expect(form).to_be_hidden()
    for title in "Paint the gate", "Paint the door":
        tab_to(page, page.get_by_label(f"Tick {title}"))
        page.keyboard.press("Space")
    expect(page.get_by_label("Tick all on this page")).to_have_js_property("indeterminate", True)
    tab_to(page, form.get_by_label("Priority"))
    page.keyboard.type("Urgent")
    tab_to(page, form.get_by_role("button", name="Change ticked tasks"))
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("2 tasks are changed.")
    assert priorities() == [1, 4, 1]
    page.wait_for_load_state()
    tab_to(page, page.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("2 tasks are changed back.")
    assert priorities() == [3, 4, 2]
    assert page.url.endswith("?q=Paint+the")
