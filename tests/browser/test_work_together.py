"""Two people in two browsers: what the one does the other sees, also after the line was cut."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_keep_focus import make_comment
from tests.browser.test_refresh_parts import TASKS, make_task

pytestmark = pytest.mark.slow

ARTICLE = "/orgs/acme/articles/notes-from-the-trade-fair/"
#: Counts the events of a task being changed that this page hears.
COUNT = """
    window.heard = {};
    document.addEventListener("roost:task.changed", ({ detail: { ids } }) => {
        heard[ids.task] = (heard[ids.task] ?? 0) + 1;
    });
"""


def go(page, address):
    """Open a page, and wait until it hears what happens elsewhere."""
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-stream", "open")


def complete(page, title):
    page.goto(f"{TASKS}?q={title.replace(' ', '+')}")
    page.get_by_role("button", name=f"Complete {title}").click()
    expect(page.get_by_role("button", name=f"Reopen {title}")).to_be_visible()


def test_it_works(open_browser):
    make_task("Ring the noon bell")
    carol, bob = open_browser("carol"), open_browser("bob")
    go(carol, f"{TASKS}?q=noon+bell")
    button = carol.get_by_role("button", name="Complete Ring the noon bell")
    place = button.bounding_box()
    complete(bob, "Ring the noon bell")
    link = carol.locator(".changes a")
    expect(link).to_have_text("1 change, show")
    assert button.bounding_box() == place  # nothing has moved
    link.click()
    expect(carol.get_by_role("button", name="Reopen Ring the noon bell")).to_be_visible()
    expect(link).to_be_hidden()


def test_a_comment_appears_for_everybody_once_it_is_approved(open_browser):
    dave, bob = open_browser("dave"), open_browser("bob")
    go(dave, ARTICLE)
    go(bob, "/orgs/acme/articles/")
    before = waiting(bob)
    make_comment("Seen from two windows.")
    expect(bob.locator(".site-nav .badge")).to_contain_text(f"{before + 1} comment")
    expect(dave.get_by_text("Seen from two windows.")).to_have_count(0)
    go(bob, "/orgs/acme/articles/comments/")
    bob.get_by_role("button", name="Approve the comment of Carol Castle: Seen from two").click()
    expect(dave.get_by_text("Seen from two windows.")).to_be_visible()


def waiting(page):
    badge = page.locator(".site-nav .badge")
    return int(badge.inner_text().split()[0]) if badge.count() else 0


def test_what_happened_while_the_line_was_cut_arrives_once(open_browser, complaints):
    before, meanwhile = make_task("Before the cut"), make_task("While it is cut")
    carol, bob = open_browser("carol"), open_browser("bob")
    carol.add_init_script(COUNT)
    go(carol, TASKS)
    complete(bob, "Before the cut")
    carol.wait_for_function("task => heard[task] === 1", arg=before.pk)
    carol.evaluate("dispatchEvent(new Event('pagehide'))")  # the stream is closed, as for a page that is put away
    complete(bob, "While it is cut")
    assert carol.evaluate("task => heard[task] ?? 0", meanwhile.pk) == 0
    carol.evaluate("dispatchEvent(new Event('pageshow'))")
    carol.wait_for_function("task => heard[task] === 1", arg=meanwhile.pk)
    after = make_task("After the cut")
    complete(bob, "After the cut")
    carol.wait_for_function("task => heard[task] === 1", arg=after.pk)  # so that what comes twice had come by now
    assert set(carol.evaluate("Object.values(heard)")) == {1}
