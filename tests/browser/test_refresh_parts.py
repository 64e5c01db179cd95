"""Lists that are filtered, paged and worked on without a reload, by htmx: nothing that one has at hand is lost."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Session
from orgs.models import Membership, Organization, Role, Task

pytestmark = pytest.mark.slow

TASKS = "/orgs/acme/tasks/"


@pytest.fixture
def carol(open_browser):
    """A page that is known again: a reload would forget its mark."""
    page = open_browser("carol")
    page.goto(TASKS)
    mark(page)
    return page


def mark(page):
    page.evaluate("window.isTheSame = true")


def is_the_same(page):
    return page.evaluate("window.isTheSame === true")


def make_task(title, **columns):
    return Task.objects.create(organization=Organization.objects.get(slug="acme"), title=title, **columns)


def announced(page):
    return page.locator("[data-live-words]").last


def test_it_works(carol):
    status = carol.locator("#id_status")
    status.focus()
    status.select_option(label="In progress")
    carol.wait_for_url("**status=in_progress**")
    assert is_the_same(carol)
    expect(status).to_be_focused()
    expect(carol.locator("td .badge[data-status]").first).to_have_text("In progress")
    expect(announced(carol)).to_have_text("50 rows, more on the next page")
    expect(carol).to_have_title(re.compile("^Tasks"))


def test_the_back_button_leads_to_the_filters_of_before(carol):
    carol.locator("#id_status").select_option(label="In progress")
    carol.wait_for_url("**status=in_progress**")
    carol.go_back()
    carol.wait_for_url(f"**{TASKS}")
    expect(carol.locator("#id_status")).to_have_value("")
    carol.go_forward()
    carol.wait_for_url("**status=in_progress**")
    expect(carol.locator("#id_status")).to_have_value("in_progress")
    stored = carol.evaluate("[...Object.keys(sessionStorage), ...Object.keys(localStorage)]")
    assert set(stored) <= {"htmx-current-path-for-history"}  # no page of a person stays in the browser


def test_filters_are_cleared_in_place(carol):
    search = carol.get_by_role("searchbox")
    search.fill("nothing is called so")
    search.press("Enter")
    expect(announced(carol)).to_have_text("No task matches")
    carol.get_by_role("link", name="Clear").click()
    expect(carol.locator("td.cell-main").first).to_be_visible()
    expect(search).to_have_value("")
    assert is_the_same(carol)


def test_the_next_page_begins_at_its_top(carol):
    first = carol.locator("td.cell-main").first.inner_text()
    carol.get_by_role("link", name="Next").click()
    carol.wait_for_url("**after=**")
    expect(carol.locator("td.cell-main").first).not_to_have_text(first)
    assert carol.evaluate("scrollY") == 0
    assert is_the_same(carol)


def test_complete_a_task_in_place(carol):
    make_task("Wind the tower clock")
    carol.goto(f"{TASKS}?q=tower+clock")
    mark(carol)
    carol.get_by_label("Tick Wind the tower clock").check()
    button = carol.get_by_role("button", name="Complete Wind the tower clock")
    button.focus()
    carol.keyboard.press("Enter")
    again = carol.get_by_role("button", name="Reopen Wind the tower clock")
    expect(again).to_be_focused()
    expect(carol.locator(".messages")).to_contain_text("is done")
    expect(carol.get_by_label("Tick Wind the tower clock")).to_be_checked()
    assert is_the_same(carol)
    assert carol.url.endswith(f"{TASKS}?q=tower+clock")
    assert Task.objects.get(title="Wind the tower clock").status == "done"


def test_the_focus_goes_to_the_next_row_where_its_own_is_gone(carol):
    make_task("Oil the first hinge")
    make_task("Oil the second hinge")
    carol.goto(f"{TASKS}?q=hinge&status=open")
    mark(carol)
    rows = carol.locator("tbody tr")
    expect(rows).to_have_count(2)
    rows.first.get_by_role("button").focus()
    carol.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows.first.get_by_role("button")).to_be_focused()


def test_add_tasks_one_after_the_other(carol):
    title = carol.get_by_label("Title of a new task")
    for words in "Wash the first cup", "Wash the second cup":
        title.fill(words)
        title.press("Enter")
        expect(carol.locator(".messages")).to_contain_text(f"“{words}”")
        expect(title).to_have_value("")
        expect(title).to_be_focused()
    assert is_the_same(carol)
    assert Task.objects.filter(title__endswith=" cup", title__startswith="Wash the ").count() == 2


def test_what_is_wrong_with_a_form_is_said_in_place(carol, complaints):
    carol.get_by_text("Priority, assignee, due date").click()
    title = carol.get_by_label("Title of a new task")
    title.evaluate("each => each.removeAttribute('required')")
    title.press("Enter")
    expect(carol.locator(".quick-task .errorlist")).to_be_visible()
    expect(carol.locator(".quick-task details")).to_have_attribute("open", "")
    assert is_the_same(carol)
    forget(complaints, "400")


def test_without_scripts(open_browser):
    page = open_browser("carol", java_script_enabled=False)
    make_task("Beat the carpet")
    page.goto(TASKS)
    assert page.locator("[data-all]").is_hidden()
    page.get_by_role("searchbox").fill("Beat the carpet")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Complete Beat the carpet").click()
    assert page.get_by_role("button", name="Reopen Beat the carpet").is_visible()


# ---- when it fails


def forget(complaints, *expected):
    """What the test provoked has to be there, and nothing else."""
    assert all(any(words in each for each in complaints) for words in expected), complaints
    others = [each for each in complaints if not any(words in each for words in (*expected, "htmx", "Response Status"))]
    assert others == []
    complaints.clear()


def test_the_server_cannot_be_reached(carol, complaints):
    carol.context.set_offline(True)
    carol.get_by_label("Title of a new task").fill("Written in a tunnel")
    carol.get_by_role("button", name="Add", exact=True).click()
    toast = carol.get_by_role("alert")
    expect(toast).to_contain_text("Roost cannot be reached")
    expect(carol.get_by_label("Title of a new task")).to_have_value("Written in a tunnel")
    carol.context.set_offline(False)
    toast.get_by_role("button", name="Try again").click()
    expect(carol.locator(".messages")).to_contain_text("Written in a tunnel")
    expect(toast).to_have_count(0)
    assert Task.objects.filter(title="Written in a tunnel").count() == 1
    forget(complaints, "ERR_INTERNET_DISCONNECTED")


def test_one_may_no_longer_do_it(open_browser, complaints):
    page = open_browser("bob")
    task = make_task("Kept as it is")
    page.goto(f"{TASKS}?q=Kept+as+it+is")
    mine = Membership.objects.get(user__email="bob@acme.test", organization__slug="acme")
    before, mine.role = mine.role, Role.VIEWER
    mine.save()
    try:
        page.get_by_role("button", name="Complete Kept as it is").click()
        expect(page.get_by_role("alert")).to_contain_text("your role does not allow")
        expect(page.get_by_role("button", name="Complete Kept as it is")).to_be_visible()
    finally:
        mine.role = before
        mine.save()
    task.refresh_from_db()
    assert task.status == "open"
    forget(complaints, "403")


def test_whoever_is_signed_out_is_told_and_led_back(carol, complaints):
    [key] = [each["value"] for each in carol.context.cookies() if each["name"] == "sessionid"]
    Session.objects.filter(session_key=key).delete()
    carol.locator("#id_status").select_option(label="Done")
    toast = carol.get_by_role("alert")
    expect(toast).to_contain_text("You are signed out")
    expect(carol.get_by_role("heading", name="Tasks")).to_be_visible()  # and no form to sign in within the page
    toast.get_by_role("link", name="Sign in").click()
    carol.wait_for_url("**/accounts/login/?next=%2Forgs%2Facme%2Ftasks%2F")
    forget(complaints, "401")
