"""Where the focus is, and what is said, for those who do not see the page."""

import re

import pytest
from playwright.sync_api import expect

from articles.models import Article, Comment
from orgs.models import Organization
from tests.browser.conftest import PHONE
from tests.browser.test_refresh_parts import TASKS, announced, forget, make_task
from tests.kinds.models import Errand

pytestmark = pytest.mark.slow

#: Notes what is put into places that screen readers read out.
LISTEN = """
    window.heard = [];
    new MutationObserver((changes) => {
        for (const { target, addedNodes } of changes) {
            if (!target.closest?.("[role=status], [role=alert]")) continue;
            heard.push(...[...addedNodes].map((each) => each.textContent));
        }
    }).observe(document, { subtree: true, childList: true });
"""


def test_it_works(open_browser):
    page = open_browser()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("carol@acme.test")
    page.get_by_label("Password").fill("roost-demon")
    page.keyboard.press("Enter")
    expect(page.locator(".errorlist")).to_be_focused()


def test_a_wrong_field_has_the_focus_and_its_error_belongs_to_it(open_browser, complaints):
    page = open_browser("carol")
    page.goto(f"{TASKS}new/")
    page.get_by_label("Title").evaluate("each => each.removeAttribute('required')")
    page.get_by_role("button", name="Create").click()
    title = page.get_by_label("Title")
    expect(title).to_be_focused()
    expect(title).to_have_accessible_description("This field is required.")
    complaints.clear()  # where it is a 400


def test_what_is_wrong_has_the_focus_where_the_page_stays(open_browser, complaints):
    page = open_browser("alice")
    make_comment("How many rooks are there?")
    page.goto("/orgs/acme/articles/comments/")
    page.get_by_role("button", name="Approve all ticked").click()
    wrong = page.locator(".errorlist", has_text="Tick at least one comment.")
    expect(wrong).to_be_focused()
    forget(complaints, "400")


def test_what_was_done_is_said_after_the_page_that_follows(open_browser):
    page = open_browser("carol")
    page.add_init_script(LISTEN)
    page.goto(f"{TASKS}new/")
    page.get_by_label("Title").fill("Say it aloud")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/tasks/*")
    page.wait_for_load_state()
    before = page.evaluate("heard.length")
    page.wait_for_function("before => heard.slice(before).some((each) => each.includes('Say it aloud'))", arg=before)


def test_a_menu_closes_where_the_focus_leaves_it(open_browser):
    page = open_browser("carol")
    page.goto(TASKS)
    menu = page.locator("summary", has_text="Acme")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".menu[open]")).to_have_count(1)
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".menu[open]")).to_have_count(0)


def test_a_dialog_gives_the_focus_back_to_the_menu_that_opened_it(open_browser):
    page = open_browser("carol")
    page.goto(TASKS)
    menu = page.locator("summary", has_text="Your account")
    menu.click()
    opener = page.get_by_role("button", name="Keyboard shortcuts")
    opener.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()


def test_what_has_the_focus_on_a_phone_is_in_sight(open_browser):
    page = open_browser("carol", **PHONE)
    page.goto(TASKS)
    page.get_by_label("Tick all on this page").click()  # which is only done where it can be touched
    expect(page.get_by_role("button", name="Change ticked tasks")).to_be_visible()


def test_the_next_page_is_read_from_its_top(open_browser):
    page = open_browser("carol")
    page.goto(TASKS)
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**after=**")
    expect(page.locator("#content")).to_be_focused()  # and not the link back, which stands where the other one stood


def test_clearing_the_filters_leads_to_the_first_of_them(open_browser):
    page = open_browser("carol")
    page.goto(f"{TASKS}?q=nothing-is-called-so")
    page.get_by_role("link", name="Clear").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_what_is_done_in_a_list_is_said_once(open_browser):
    """How many rows there are is said where it has changed, and not each time that something is done to one of them."""
    page = open_browser("carol")
    make_task("Say it once")
    page.goto(f"{TASKS}?q=Say+it+once")
    page.get_by_role("button", name="Complete Say it once").click()
    expect(page.locator(".messages")).to_contain_text("is done")
    expect(announced(page)).to_have_text("")
    page.get_by_role("searchbox").fill("Say it")
    page.get_by_role("button", name="Apply").click()
    expect(announced(page)).to_have_text(re.compile("row"))


def test_what_is_said_twice_is_heard_twice(open_browser):
    page = open_browser("carol")
    page.add_init_script(LISTEN)
    page.goto("/profile/")
    for _ in range(2):
        page.evaluate("heard.length = 0")
        page.get_by_role("button", name="Save the profile").click()
        page.wait_for_function("() => heard.some((each) => each.includes('Your profile is saved.'))")


def test_the_focus_is_not_lost_with_a_form_that_hides(open_browser):
    page = open_browser("carol")
    make_task("Change and vanish")
    page.goto(f"{TASKS}?q=Change+and+vanish")
    page.get_by_label("Tick Change and vanish").check()
    page.locator("#bulk").get_by_label("Priority").select_option(label="Low")
    page.get_by_role("button", name="Change ticked tasks").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("1 task is changed.")
    expect(page.locator("#content")).to_be_focused()


def test_going_back_leads_to_where_one_was(open_browser):
    page = open_browser("carol")
    page.goto(TASKS)
    page.get_by_role("link", name="Next").focus()
    there = page.evaluate("scrollY")
    assert there > 500
    page.keyboard.press("Enter")
    page.wait_for_url("**after=**")
    expect(page.locator("#content")).to_be_focused()
    page.go_back()
    page.wait_for_function("there => Math.abs(scrollY - there) < 200", arg=there)


def test_controls_of_a_list_have_names_of_their_own(open_browser):
    for words in "Are they **early**?", "Are they late?":
        make_comment(words)
    page = open_browser("alice")
    page.goto("/orgs/acme/articles/comments/")
    for verb in "Tick", "Approve", "Reject":
        role = "checkbox" if verb == "Tick" else "button"
        for words in "Are they **early**?", "Are they late?":
            expect(
                page.get_by_role(role, name=f"{verb} the comment of Carol Castle: {words}", exact=True)
            ).to_have_count(1)
    errands = [Errand.objects.create(action="nothing") for _ in range(2)]
    page.goto("/ops/jobs/")
    for errand in errands:
        name = re.compile(f", errand {errand.pk}$")
        expect(page.get_by_role("link", name=name)).to_have_count(1)
        expect(page.get_by_role("checkbox", name=name)).to_have_count(1)
    page.goto("/ops/")
    expect(page.get_by_role("link", name="Running in the queue emails: ")).to_have_count(1)


def make_comment(body):
    article = Article.objects.get(organization=Organization.objects.get(slug="acme"), slug="notes-from-the-trade-fair")
    author = article.organization.memberships.get(user__email="carol@acme.test").user
    return Comment.objects.submit(article, author, body, is_moderator=False)
