"""Forms that change the page they stand on without a reload, and lead to another page as a link does."""

import re

import pytest
from playwright.sync_api import expect

from articles.models import Article, Status
from jobs.models import QueuePause
from orgs.models import Invitation, Organization, Role, Task
from tests.browser.conftest import PHONE
from tests.browser.test_keep_focus import LISTEN
from tests.browser.test_refresh_parts import TASKS, forget, is_the_same, make_task, mark

pytestmark = pytest.mark.slow

MEMBERS = "/orgs/acme/members/"


@pytest.fixture
def alice(open_browser):
    page = open_browser("alice")
    page.add_init_script(LISTEN)

    def visit(address):
        page.goto(address)
        mark(page)
        return page

    return visit


def acme():
    return Organization.objects.get(slug="acme")


def invite(email):
    alice = acme().memberships.get(user__email="alice@acme.test").user
    return Invitation.send(acme(), email, Role.MEMBER, alice)


def heard(page):
    return page.evaluate("heard.join(' ')")


def test_it_works(alice):
    author = acme().memberships.get(user__email="alice@acme.test").user
    article = Article.objects.create(organization=acme(), author=author, title="Pea soup", slug="pea-soup", body="Hot.")
    page = alice("/orgs/acme/articles/pea-soup/")
    entries = page.evaluate("history.length")
    page.get_by_role("button", name="Publish now").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Published.")
    expect(page.get_by_role("heading", name="Publishing")).to_be_focused()  # and not what stands there now: “Archive”
    page.get_by_role("button", name="Archive").click()
    expect(page.locator(".messages")).to_contain_text("Archived.")
    page.get_by_role("button", name="Publish again").click()
    page.get_by_role("button", name="Make it a draft again").click()
    expect(page.locator(".messages")).to_contain_text("It is a draft again.")
    assert is_the_same(page)
    assert page.url.endswith("/orgs/acme/articles/pea-soup/")
    assert page.evaluate("history.length") == entries  # back leads to where one came from
    assert "Published." in heard(page)
    article.refresh_from_db()
    assert article.status == Status.DRAFT


def test_what_is_wrong_is_said_in_place_at_an_address_that_can_be_opened(alice):
    page = alice(MEMBERS)
    page.get_by_label("E-mail address").fill("bob@acme.test")
    page.get_by_role("button", name="Send invitation").click()
    wrong = page.get_by_label("E-mail address")
    expect(wrong).to_be_focused()
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_value("bob@acme.test")
    assert is_the_same(page)
    assert page.url.endswith(MEMBERS)
    page.reload()
    expect(page.get_by_role("heading", name="Invite somebody")).to_be_visible()


def test_a_row_that_is_gone_gives_the_focus_to_the_next(alice):
    for name in "gina", "hugo":
        invite(f"{name}@acme.test")
    page = alice(MEMBERS)
    page.get_by_role("button", name="Revoke the invitation of hugo@acme.test").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("is revoked")
    expect(page.get_by_role("button", name="Revoke the invitation of hugo@acme.test")).to_have_count(0)
    expect(page.locator(f"#invitation-{Invitation.objects.get(email='gina@acme.test').pk} button")).to_be_focused()
    assert is_the_same(page)


def test_another_page_is_opened_as_by_a_link(alice):
    """With its title, its entry in the history, and what was done said at its top."""
    page = alice(MEMBERS)
    page.get_by_role("link", name="Change Dave").click()
    page.wait_for_url("**/members/*/")
    mark(page)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**{MEMBERS}")
    expect(page).to_have_title(re.compile("^Members"))
    expect(page.locator(".messages")).to_contain_text("now.")
    assert not is_the_same(page)
    page.go_back()
    page.wait_for_url("**/members/*/")
    expect(page.get_by_label("Role")).to_be_visible()


def test_a_form_is_sent_once_however_often_one_clicks(alice):
    page = alice(f"{TASKS}new/")
    page.get_by_label("Title").fill("Wind it once")
    page.get_by_role("button", name="Create").dblclick()
    page.wait_for_url(re.compile("/tasks/(?!new)"))
    expect(page.locator(".messages")).to_contain_text("Wind it once")
    assert Task.objects.filter(title="Wind it once").count() == 1


def test_the_header_says_what_a_form_has_changed(alice):
    page = alice("/orgs/acme/settings/")
    name = page.get_by_label("Name")
    before = name.input_value()
    for words in "Acme & Daughters", before:
        name.fill(words)
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".site-header summary").first).to_contain_text(words)
        expect(page).to_have_title(re.compile(re.escape(words)))
    assert is_the_same(page)


def test_a_page_without_an_address_keeps_that_of_the_one_before(alice):
    for number in range(60):
        make_task(f"Count the sheep {number}")
    page = alice(f"{TASKS}?q=Count+the+sheep")
    page.get_by_label("Tick Count the sheep 59").check()
    page.locator("#bulk").get_by_label("Priority").select_option(label="Low")
    page.get_by_role("button", name="Change all that match…").click()
    expect(page.get_by_role("heading", name="Change 60 tasks?")).to_be_visible()
    expect(page.locator("#content")).to_be_focused()
    assert page.url.endswith(f"{TASKS}?q=Count+the+sheep")
    page.get_by_role("button", name="Change 60 tasks").click()
    expect(page.get_by_role("heading", name="Tasks", exact=True)).to_be_visible()
    expect(page.locator(".messages")).to_contain_text("60 tasks are changed.")
    expect(page.get_by_label("Tick Count the sheep 59")).not_to_be_checked()
    page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(page.locator(".messages")).to_contain_text("changed back")
    assert is_the_same(page)


def test_a_form_in_a_live_part_says_what_it_did(alice):
    """The part is changed by itself only; what stands above it has to follow all the same."""
    page = alice("/ops/schedules/")
    pause = page.get_by_role("button", name=re.compile("^Pause .*forget")).first
    name = pause.inner_text().removeprefix("Pause").strip()
    pause.click()
    expect(page.locator(".messages .message")).to_be_visible()
    page.get_by_role("button", name=re.compile(f"^Resume {re.escape(name)}")).first.click()
    expect(page.get_by_role("button", name=re.compile("^Resume"))).to_have_count(0)
    assert is_the_same(page)
    assert page.url.endswith("/ops/schedules/")


def test_resume_a_queue_in_place(alice):
    QueuePause.objects.create(queue="exports")
    page = alice("/ops/")
    page.get_by_role("button", name="Resume the queue exports").click()
    expect(page.get_by_role("link", name="Pause the queue exports")).to_be_visible()
    expect(page.locator(".messages .message")).to_be_visible()
    assert is_the_same(page)


def test_the_server_cannot_be_reached(alice, complaints):
    page = alice("/profile/")
    page.context.set_offline(True)
    page.get_by_label("Name").fill("Alice Archer-Ash")
    page.get_by_role("button", name="Save the profile").click()
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("Roost cannot be reached")
    page.context.set_offline(False)
    page.get_by_label("Name").fill("Alice Archer")
    toast.get_by_role("button", name="Try again").click()  # as the form is by now
    expect(page.locator(".messages")).to_contain_text("Your profile is saved.")
    assert is_the_same(page)
    forget(complaints, "ERR_INTERNET_DISCONNECTED")


def test_what_was_done_moves_nothing_that_one_may_press_next(alice):
    for number in range(40):
        make_task(f"Shell the pea {number}")
    page = alice(f"{TASKS}?q=Shell+the+pea")
    buttons = page.get_by_role("button", name="Complete Shell the pea")
    before = buttons.nth(3).bounding_box()["y"]
    buttons.nth(2).click()
    message = page.locator(".messages .message")
    expect(message).to_be_in_viewport()
    assert buttons.nth(2).bounding_box()["y"] == pytest.approx(before, abs=1)  # what was the fourth is the third now
    page.get_by_label("Status").first.select_option("open")  # a list on which nothing was done
    expect(message).to_have_count(0)
    assert page.evaluate("scrollY") == 0


def test_on_a_phone_what_was_done_is_in_sight_until_one_moves_on(open_browser):
    page = open_browser("carol", **PHONE)
    for number in range(8):
        make_task(f"Peel the onion {number}")
    page.goto(f"{TASKS}?q=Peel+the+onion")
    page.get_by_role("button", name="Complete Peel the onion 0").click()
    message = page.locator(".messages .message")
    expect(message).to_be_in_viewport()
    assert page.evaluate("scrollY") > 0  # the last of them stands below the first screen
    page.mouse.wheel(0, -150)
    expect(message).not_to_be_in_viewport()
    page.evaluate("scrollTo(0, 0)")
    expect(message).to_be_in_viewport()


def test_without_scripts(open_browser):
    invite("ida@acme.test")
    page = open_browser("alice", java_script_enabled=False)
    page.goto(MEMBERS)
    page.get_by_role("button", name="Revoke the invitation of ida@acme.test").click()
    expect(page.locator(".messages")).to_contain_text("The invitation of ida@acme.test is revoked.")
    assert page.url.endswith(MEMBERS)
