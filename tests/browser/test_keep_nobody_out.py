"""Every page by the rules of WCAG 2.2 AA, in the light, in the dark and on a phone."""

import pytest
from playwright.sync_api import expect

from tests.addresses import PARAMETERS
from tests.browser.accessibility import obstacles
from tests.browser.pages import address_of, is_page
from tests.browser.stage import MORE, set_stage


@pytest.fixture(scope="module")
def stages():
    return []


@pytest.fixture
def stage(installation, stages):
    """What stands in the installation: made once, by the first test that needs it."""
    if not stages:
        stages.append(set_stage())
    return stages[0]


@pytest.fixture
def look(open_browser):
    """look(name, address) opens a page there and fails where something keeps people out."""

    def look(name, address):
        page = open_browser(name)
        if is_page(page, address):
            page.goto(address)
            assert obstacles(page) == []

    return look


@pytest.mark.parametrize("name", PARAMETERS)
def test_it_works(look, stage, name):
    look("alice", address_of(name, stage.values))


@pytest.mark.parametrize("name", [name for name, parameters in PARAMETERS.items() if "slug" not in parameters])
def test_pages_before_the_sign_in(look, stage, name):
    look(None, address_of(name, stage.values))


@pytest.mark.parametrize("name", MORE)
def test_pages_in_other_states(look, stage, name):
    look("alice", stage.more[name])


@pytest.mark.parametrize("name", ["task_list", "article_list", "export_list", "article_detail", "edit_task"])
def test_pages_of_a_viewer(look, stage, name):
    look("dave", address_of(name, stage.values))


@pytest.mark.parametrize(("person", "address", "status"), [
    ("alice", "/orgs/nowhere/tasks/", 404),
    ("dave", "/orgs/acme/tasks/new/", 403),
    ("dave", "/orgs/acme/tasks/1/complete/", 405),
    ("alice", "/orgs/acme/tasks/%ff", 404),
])  # fmt: skip
def test_pages_of_errors(open_browser, complaints, person, address, status):
    page = open_browser(person)
    assert page.goto(address).status == status
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert obstacles(page) == []
    complaints.clear()
