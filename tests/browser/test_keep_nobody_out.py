"""Every page by the rules of WCAG 2.2 AA, in the light, in the dark and on a phone; and whether it stands still."""

import pytest
from playwright.sync_api import expect

from tests.addresses import PARAMETERS
from tests.browser.accessibility import obstacles
from tests.browser.pages import address_of, is_page
from tests.browser.stage import MORE, set_stage

pytestmark = pytest.mark.slow

#: A letter in a sandbox, where no script may run, axe-core's neither.
IN_SANDBOX = {"email_html"}
#: Parts of pages, which scripts put into theirs.
PARTS = {"count_comments", "export_notice", "import_notice"}
#: Notes what moves after it was painted (https://web.dev/articles/cls), as the browser's own measure has it.
NOTE_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => list.getEntries().filter(entry => entry.value > 0.0005).forEach(entry => shifts.push(
    `${entry.value.toFixed(4)} ${entry.sources.map(source => source.node?.outerHTML?.slice(0, 120))}`,
))).observe({type: 'layout-shift', buffered: true});
"""
LOOKED_AT = [name for name in PARAMETERS if name not in IN_SANDBOX | PARTS]


@pytest.fixture(scope="module")
def memory():
    """What the tests of this module share."""
    return {}


@pytest.fixture
def stage(installation, memory):
    """What stands in the installation: made once, by the first test that needs it."""
    if "stage" not in memory:
        memory["stage"] = set_stage()
    return memory["stage"]


@pytest.fixture
def look(open_browser):
    """look(name, address) opens the page there, if it is one, and fails where something keeps people out, or moves."""

    def look(name, address):
        page = open_browser(name, reduced_motion="reduce")
        if is_page(page, address):
            page.add_init_script(NOTE_SHIFTS)
            page.goto(address)
            assert page.evaluate("shifts") == []
            assert obstacles(page) == []

    return look


@pytest.mark.parametrize("name", LOOKED_AT)
def test_it_works(look, stage, name):
    look("alice", address_of(name, stage.values))


@pytest.mark.parametrize("name", [name for name in LOOKED_AT if name.startswith(("account_", "unsubscribe"))])
def test_pages_before_the_sign_in(look, stage, name):
    look(None, address_of(name, stage.values))


@pytest.mark.parametrize("name", MORE)
def test_pages_in_other_states(look, stage, name):
    look("alice", stage.more[name])


@pytest.mark.parametrize("name", ["task_list", "export_list", "article_detail"])
def test_pages_of_a_viewer(look, stage, name):
    look("dave", address_of(name, stage.values))


@pytest.mark.parametrize("address", ["/orgs/acme/tasks/", "/ops/schedules/"])
def test_a_page_that_comes_slowly_is_not_shown_in_parts(open_browser, address):
    """A column becomes wider with a row that is not there yet."""
    page = open_browser("alice", reduced_motion="reduce")
    page.goto(address)  # files are in the cache then
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": 8000, "uploadThroughput": -1}  # bytes a second
    line.send("Network.emulateNetworkConditions", slow)
    page.add_init_script(NOTE_SHIFTS)
    page.goto(address)
    assert page.evaluate("shifts") == []


@pytest.mark.parametrize(("person", "address", "status"), [
    ("alice", "/orgs/nowhere/tasks/", 404),
    ("dave", "/orgs/acme/tasks/new/", 403),
])  # fmt: skip
def test_pages_of_errors(open_browser, complaints, person, address, status):
    page = open_browser(person, reduced_motion="reduce")
    assert page.goto(address).status == status
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert obstacles(page) == []
    complaints.clear()
