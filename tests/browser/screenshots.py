"""Writes pictures of all pages. bin/screenshots calls it, with DATA_DIR naming a folder to be filled."""

import os
import sys
from pathlib import Path

from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright

from accounts.models import User
from tests.addresses import PARAMETERS
from tests.browser import chromium
from tests.browser.pages import address_of, is_page
from tests.browser.stage import set_stage
from tests.consumer import SOON
from tests.roost import Roost

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 800}},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}


def main(folder):
    """Fill the installation of this process with the demo, serve it, and write its pictures to `folder`."""
    if not chromium.find():
        sys.exit(chromium.MISSING)
    roost = Roost(settings.DATA_DIR, DJANGO_SETTINGS_MODULE="config.settings")
    # Playwright's loop runs in this thread. Only in ours: the doctor would complain of it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with roost.serving("--demo"), sync_playwright() as playwright:
        stage = set_stage()
        addresses = {name: address_of(name, stage.values) for name in PARAMETERS} | stage.more
        written = 0
        for look, options in LOOKS.items():
            browser = chromium.launch(playwright, *([chromium.TOUCH] if "has_touch" in options else []))
            for person, names in (
                ("alice", list(addresses)),
                (None, [name for name in addresses if "account_" in name]),
            ):
                page = open_page(browser, f"http://localhost:{roost.port}", person, options)
                for name in names:
                    if is_page(page, addresses[name]):
                        page.goto(addresses[name])
                        file = f"{name}-{look}.png" if person else f"{name}-nobody-{look}.png"
                        page.screenshot(path=Path(folder) / file, full_page=True)
                        written += 1
            browser.close()
    print(f"{written} pictures are in {folder}.")  # noqa: T201 (it is a command)


def open_page(browser, address, person, options):
    context = browser.new_context(base_url=address, reduced_motion="reduce", **options)
    context.set_default_timeout(SOON * 1000)
    if person:
        client = Client()
        client.force_login(User.objects.get(email__startswith=f"{person}@"))
        context.add_cookies([{"name": "sessionid", "value": client.session.session_key, "url": address}])
    return context.new_page()
