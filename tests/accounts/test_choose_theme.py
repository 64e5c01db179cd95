"""Light or dark, by system or by choice: the browser remembers it and the server reads it."""

import pytest
from django.test import Client

from tests.cast import make_user


@pytest.fixture
def browser(db):
    browser = Client(headers={"accept": "text/html"})
    browser.force_login(make_user("Alice"))
    return browser


def page(browser):
    return browser.get("/profile/").content.decode()


def test_it_works(browser):
    assert "data-theme=" not in page(browser)
    assert 'content="light dark"' in page(browser)
    here = "http://testserver/profile/?a=b"
    answer = browser.post("/theme/", {"theme": "dark"}, headers={"referer": here})
    assert (answer.status_code, answer.headers["Location"]) == (302, here)
    assert 'data-theme="dark"' in page(browser)
    assert '<meta name="color-scheme" content="dark">' in page(browser)
    assert 'value="dark" aria-pressed="true"' in page(browser)
    browser.post("/theme/", {"theme": "system"})
    assert "data-theme=" not in page(browser)


def test_it_lasts_without_being_signed_in(browser):
    browser.post("/theme/", {"theme": "light"})
    cookie = browser.cookies["theme"]
    assert (cookie["max-age"], cookie["samesite"], cookie["httponly"]) == (365 * 24 * 3600, "Lax", True)
    browser.post("/accounts/logout/")
    assert 'data-theme="light"' in browser.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("theme", ["", "pink", '"><script>'])
def test_there_are_no_others(browser, theme):
    answer = browser.post("/theme/", {"theme": theme})
    assert answer.status_code == 400
    assert "must be one of system, light, dark" in answer.content.decode()
    browser.cookies["theme"] = theme
    assert "data-theme=" not in page(browser)


@pytest.mark.parametrize("wanted", ["https://elsewhere.test/", "//elsewhere.test/", "profile", "javascript:x", ""])
def test_it_leads_to_our_own_pages_only(browser, wanted):
    assert browser.post("/theme/", {"theme": "dark"}, headers={"referer": wanted}).headers["Location"] == "/"
