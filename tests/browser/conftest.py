"""A real browser before a real Roost. All tests of this folder share both; what they do to one another's data is theirs
to avoid: each makes what it needs under a name of its own."""

import os
import shutil

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect, sync_playwright

from accounts.models import User
from tests.browser import chromium as program
from tests.conftest import data_of
from tests.consumer import SOON
from tests.roost import Roost

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

expect.set_options(timeout=SOON * 1000)


@pytest.fixture(scope="package")
def chromium():
    """The browser. Where there is none the tests are skipped, but never in continuous integration."""
    if not program.find():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(program.MISSING)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop runs in this very thread, so that Django believes a query here would hold it up.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = program.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def roost(chromium, tmp_path_factory, migrated_database):
    """The demo, served as people serve it."""
    folder = tmp_path_factory.mktemp("roost")
    shutil.copy(migrated_database, folder / "roost.sqlite3")
    # The key is ours, so that we can sign people in.
    roost = Roost(folder, SECRET_KEY=settings.SECRET_KEY)
    with roost.serving("--demo"):
        yield roost


@pytest.fixture(autouse=True)
def installation(roost, django_db_blocker):
    """Rows that a test makes or reads are those of `roost`, and jobs that it rings are run there."""
    with django_db_blocker.unblock(), data_of(roost.folder):
        yield roost


@pytest.fixture
def complaints():
    """What the browser says against the pages of this test: there must be nothing at its end.

    A test that provokes something removes it.
    """
    complaints = []
    yield complaints
    assert complaints == []


@pytest.fixture
def open_browser(chromium, roost, complaints):
    """open_browser("alice") is a Page of a browser of her own, signed in; open_browser() of one of nobody.

    `options` are those of Playwright's `new_context`.
    """
    contexts = []

    def open_browser(name=None, *, at=roost, **options) -> Page:
        address = f"http://localhost:{at.port}"
        context = chromium.new_context(base_url=address, **options)
        context.set_default_timeout(SOON * 1000)
        contexts.append(context)
        if name:
            context.add_cookies([{"name": "sessionid", "value": session_of(name), "url": address}])
        page = context.new_page()
        listen(page, complaints)
        return page

    yield open_browser
    for context in contexts:
        context.close()


def session_of(name):
    """The key of a new session of one of the demo's people: "alice"."""
    client = Client()
    client.force_login(User.objects.get(email__startswith=f"{name}@"))
    return client.session.session_key


def listen(page, complaints):
    """Note what goes wrong in a page: errors and warnings of scripts and of the policy, failed and refused requests."""

    def hear(message):
        if message.type in ("error", "warning"):
            complaints.append(f"{message.text} ({message.location['url']})")

    def see(response):
        if response.status >= 400:
            complaints.append(f"{response.status} {response.request.method} {response.url}")

    def miss(request):
        # What the page itself gives up by leaving, and a navigation that becomes a download.
        if request.failure != "net::ERR_ABORTED":
            complaints.append(f"{request.failure} {request.method} {request.url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", see)
    page.on("requestfailed", miss)
