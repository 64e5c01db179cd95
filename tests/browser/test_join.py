"""Somebody is invited, and joins by the link of the e-mail."""

import pytest
from playwright.sync_api import expect

from mail.models import Email
from orgs.models import Membership
from tests.browser.accessibility import obstacles

pytestmark = pytest.mark.slow


def test_it_works(open_browser):
    alice = open_browser("alice")
    alice.goto("/orgs/acme/members/")
    alice.get_by_label("E-mail address").fill("ruth@rookery.test")
    alice.get_by_role("button", name="Send invitation").click()
    waiting = alice.get_by_role("table", name="People who are invited")
    expect(waiting).to_contain_text("ruth@rookery.test")

    letter = Email.objects.get(recipient="ruth@rookery.test").text
    ruth = open_browser(reduced_motion="reduce")
    ruth.goto(letter.partition("Join here: ")[2].split()[0])
    expect(ruth.get_by_role("heading", name="Join Acme")).to_be_visible()
    assert obstacles(ruth) == []
    ruth.get_by_label("Your name").fill("Ruth Rook")
    for password in ruth.locator("input[type=password]").all():
        password.fill("a long enough one")
    ruth.get_by_role("button", name="Create account and join").click()
    expect(ruth.locator("summary", has_text="Acme")).to_be_visible()

    alice.reload()
    expect(alice.get_by_role("table", name="Members of Acme")).to_contain_text("Ruth Rook")
    assert Membership.objects.filter(organization__slug="acme", user__email="ruth@rookery.test").exists()
