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
    (413, "more than can be sent at once"),
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
