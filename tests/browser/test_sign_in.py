import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


def test_it_works(open_browser):
    page = open_browser()
    page.goto("/orgs/acme/tasks/?status=open")
    page.get_by_label("E-mail").fill("carol@acme.test")
    page.get_by_label("Password").fill("roost-demo")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    expect(page).to_have_url("/orgs/acme/tasks/?status=open")

    page.locator("summary", has_text="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/orgs/acme/tasks/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told(open_browser):
    page = open_browser()
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("carol@acme.test")
    page.get_by_label("Password").fill("roost-demon")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("carol@acme.test")
