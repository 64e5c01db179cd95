"""What whoever operates the installation does: look, mend, and make a backup that is proven."""

import pytest
from playwright.sync_api import expect

from jobs.models import Status
from tests.consumer import has_failed, until
from tests.kinds.models import Errand

pytestmark = pytest.mark.slow


def test_it_works(open_browser):
    page = open_browser("alice")
    page.goto("/")
    page.locator("summary", has_text="Your account").click()
    page.get_by_role("link", name="Operation").click()
    expect(page.get_by_role("heading", name="Queue emails")).to_be_visible()
    expect(page.get_by_role("table", name="Who works for the queue exports")).to_contain_text("Consumer")


def test_retry_a_job_that_failed(open_browser):
    errand = Errand.objects.create(action="refuse", argument="The bridge is closed.")
    until(lambda: has_failed(errand))
    page = open_browser("alice")
    page.goto("/ops/jobs/?status=failed")
    page.locator(f'[id="row-{errand.label}"]').get_by_role("link").click()
    expect(page.get_by_text("The bridge is closed.").first).to_be_visible()

    Errand.objects.filter(pk=errand.pk).update(action="nothing")  # it is open again
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Done", exact=True).first).to_be_visible()
    errand.refresh_from_db()
    assert errand.status == Status.DONE


def test_make_a_backup(open_browser):
    page = open_browser("alice")
    page.goto("/ops/backups/")
    before = page.get_by_text("Proven", exact=True).count()
    page.get_by_role("button", name="Make one now").click()
    expect(page.get_by_text("Proven", exact=True)).to_have_count(before + 1)  # without a reload
