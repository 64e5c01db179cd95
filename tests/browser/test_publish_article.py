"""An article from the first word to a comment that was approved, by three people in three browsers."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


def test_it_works(open_browser):
    carol, bob, dave = (open_browser(name) for name in ("carol", "bob", "dave"))

    carol.goto("/orgs/acme/articles/")
    carol.get_by_role("link", name="New article").click()
    carol.wait_for_url("**/new/")  # with its scripts
    carol.get_by_label("Title").fill("Rooks in spring")
    expect(carol.get_by_label("Address")).to_have_value("rooks-in-spring")
    carol.get_by_label("Text").fill("They are **early** this year. <script>alert(1)</script>")
    carol.get_by_role("button", name="Preview").click()
    expect(carol.locator("#preview strong")).to_have_text("early")
    expect(carol.get_by_label("Title")).to_have_value("Rooks in spring")  # what is written stays
    carol.get_by_label("Text").fill("They are **late** this year. <script>alert(1)</script>")
    expect(carol.locator("#preview strong")).to_have_text("late")  # and what is written on is shown
    carol.get_by_label("Text").fill("They are **early** this year. <script>alert(1)</script>")
    carol.get_by_role("button", name="Save draft").click()
    expect(carol.get_by_role("heading", name="Rooks in spring")).to_be_visible()

    dave.goto("/orgs/acme/articles/")
    expect(dave.get_by_role("link", name="Notes from the trade fair")).to_be_visible()
    expect(dave.get_by_role("link", name="Rooks in spring")).to_have_count(0)  # it is a draft
    carol.get_by_role("button", name="Publish now").click()
    expect(carol.get_by_role("heading", name="Comments", exact=True)).to_be_visible()
    dave.reload()
    dave.get_by_role("link", name="Rooks in spring").click()
    expect(dave.locator(".prose strong")).to_have_text("early")

    carol.get_by_label("Your comment").fill("I saw *two* of them today.")
    carol.get_by_role("button", name="Send comment").click()
    expect(carol.get_by_text("Waiting for approval")).to_be_visible()
    dave.reload()
    expect(dave.get_by_text("two of them")).to_have_count(0)

    bob.goto("/orgs/acme/articles/comments/")
    comment = bob.get_by_role("article").filter(has_text="two of them")
    comment.get_by_role("button", name="Approve the comment of Carol Castle").click()
    expect(comment).to_have_count(0)
    dave.reload()
    expect(dave.get_by_text("two of them")).to_be_visible()


def test_a_preview_changes_nothing_else(open_browser, complaints):
    page = open_browser("carol")
    page.goto("/orgs/acme/articles/new/")
    page.get_by_label("Text").fill("So far.")
    page.get_by_role("button", name="Preview").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("So far.")
    page.get_by_label("Title").fill(" ")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_label("Title")).to_be_focused()  # it is what is wrong
    page.get_by_role("button", name="Preview").click()
    page.evaluate("""() => {
        document.querySelector(".messages").append("Something was done.");
        document.querySelector(".site-header").classList.add("mine");
    }""")
    page.get_by_label("Text").press_sequentially(" And further.")
    expect(preview).to_contain_text("So far. And further.")
    expect(page.get_by_label("Text")).to_be_focused()
    expect(page.locator(".messages")).to_have_text("Something was done.")
    expect(page.locator(".site-header.mine")).to_have_count(1)
