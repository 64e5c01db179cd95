"""Forms that are refused, for whatever reason: it is said, the focus stays, and what was typed can be sent again."""

import re

import pytest
from playwright.sync_api import expect

from orgs.models import Task
from tests.browser.conftest import session_of
from tests.browser.test_refresh_parts import TASKS, forget, make_task

pytestmark = pytest.mark.slow

NEW = f"{TASKS}new/"


@pytest.fixture
def page(open_browser):
    page = open_browser("carol")
    page.goto(NEW)
    return page


def fill(page, title):
    page.get_by_label("Title").fill(title)
    create(page)


def create(page):
    """As people do who have no mouse."""
    page.get_by_role("button", name="Create").focus()
    page.keyboard.press("Enter")


def test_it_works(page, open_browser, complaints):
    """Who signs in anew, in another tab, goes on where the form was left."""
    page.context.clear_cookies(name="sessionid")
    fill(page, "Outlive a session")
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    address = page.url.removesuffix(NEW)
    page.context.clear_cookies(name="csrftoken")  # as signing in makes a new one
    page.context.add_cookies([{"name": "sessionid", "value": session_of("carol"), "url": address}])
    page.context.new_page().goto(NEW)
    create(page)
    page.wait_for_url(re.compile(f"{TASKS}$"))
    assert Task.objects.filter(title="Outlive a session").count() == 1
    forget(complaints, "401")


def test_a_cookie_of_another_site_is_not_taken_for_ours(page):
    page.context.add_cookies(
        [{"name": "csrftoken", "value": "x" * 32, "domain": "localhost", "path": "/orgs/"}]  # which comes first
    )
    fill(page, "Not mixed up")
    page.wait_for_url(re.compile(f"{TASKS}$"))
    assert Task.objects.filter(title="Not mixed up").count() == 1


def test_a_preview_goes_on_after_signing_in_anew(page):
    page.goto("/orgs/acme/articles/new/")
    page.get_by_label("Text").fill("So far.")
    page.get_by_role("button", name="Preview").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("So far.")
    page.context.clear_cookies(name="csrftoken")  # as signing in makes a new one
    page.context.new_page().goto(NEW)
    page.get_by_label("Text").fill("And further.")
    expect(preview).to_contain_text("And further.")


def test_a_form_without_its_cookie_is_sent_by_trying_again(page, complaints):
    page.context.clear_cookies(name="csrftoken")
    fill(page, "Outlive a cookie")
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("too old")
    toast.get_by_role("button", name="Try again").click()
    page.wait_for_url(re.compile(f"{TASKS}$"))
    assert Task.objects.filter(title="Outlive a cookie").count() == 1
    forget(complaints, "403")


@pytest.mark.parametrize(("status", "words"), [
    (200, "That did not work"),  # the page of a hotel's network
    (400, "That did not work"),
    (413, "more than can be sent at once, or you are signed out"),  # who is not signed in may send less
    (429, "That did not work"),
    (502, "That did not work"),
])  # fmt: skip
def test_an_answer_that_is_no_page_of_ours(page, complaints, status, words):
    page.route(f"**{NEW}", lambda route: route.fulfill(status=status, body="<h1>Somebody in between</h1>"))
    fill(page, "Kept in any case")
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_label("Title")).to_have_value("Kept in any case")
    expect(page.get_by_role("button", name="Create")).to_be_focused()
    complaints.clear()


def test_what_was_deleted_meanwhile_is_not_tried_again(page, complaints):
    task = make_task("Gone with the tab")
    page.goto(f"{TASKS}{task.pk}/")
    task.delete()
    page.get_by_label("Title").fill("Not gone with the tab")
    page.get_by_role("button", name="Save").click()
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("deleted it meanwhile")
    expect(toast.get_by_role("button", name="Try again")).to_be_hidden()
    expect(page.get_by_label("Title")).to_have_value("Not gone with the tab")
    forget(complaints, "404")


def test_trying_again_leaves_the_focus_at_the_form(page, complaints):
    page.context.set_offline(True)
    fill(page, "In a tunnel")
    page.get_by_role("alert").get_by_role("button", name="Try again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Create")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Roost cannot be reached")
    complaints.clear()


def test_a_filter_is_tried_again_from_where_it_was_chosen(page, complaints):
    page.goto(TASKS)
    page.context.set_offline(True)
    page.locator("#id_status").select_option(label="Done")
    again = page.get_by_role("alert").get_by_role("button", name="Try again")
    again.focus()
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    page.wait_for_url("**status=done**")
    expect(page.locator("#id_status")).to_be_focused()
    complaints.clear()


def test_colours_that_cannot_be_changed_now(page, complaints):
    page.get_by_label("Title").fill("Kept in the dark")
    page.locator("summary", has_text="Your account").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Dark").click()
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("Roost cannot be reached")
    page.context.set_offline(False)
    toast.get_by_role("button", name="Try again").click()
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    expect(page.get_by_label("Title")).to_have_value("Kept in the dark")
    forget(complaints, "ERR_INTERNET_DISCONNECTED")
    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="System").click()
    expect(page.locator("html[data-theme]")).to_have_count(0)


def test_a_text_that_somebody_else_has_changed(open_browser):
    author, other = open_browser("carol"), open_browser("alice")
    for page in author, other:
        page.goto("/orgs/acme/articles/notes-from-the-trade-fair/edit/")
    text = other.get_by_label("Text").input_value()
    for page, words in (other, "Theirs."), (author, "Mine."):
        page.get_by_label("Text").fill(f"{text}\n\n{words}")
        page.get_by_role("button", name="Save", exact=True).click()
    expect(author.locator(".errorlist", has_text="Somebody has changed this article")).to_be_focused()
    expect(author.get_by_label("Text")).to_have_value(f"{text}\n\nMine.")
    author.get_by_role("button", name="Save", exact=True).click()
    expect(author.locator(".messages")).to_contain_text("The article is saved.")
    expect(author.locator(".prose").first).to_contain_text("Mine.")
