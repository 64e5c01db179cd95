"""Pages as people and their systems want them: with colours of their own, without motion, on paper."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_refresh_parts import TASKS

pytestmark = pytest.mark.slow

BAR = """value => {
    document.querySelector("progress")?.remove();
    const bar = `<progress max="10" value="${value}"></progress>`;
    document.querySelector("#content").insertAdjacentHTML("afterbegin", bar);
}"""
MARK = "each => getComputedStyle(each, '::before').color"
MOVING = """() => [...document.querySelectorAll("*")].flatMap((each) => {
    const { animationName, transitionDuration } = getComputedStyle(each);
    return animationName === "none" && parseFloat(transitionDuration) === 0 ? [] : [each.outerHTML.slice(0, 80)];
})"""


def test_it_works(open_browser):
    """In colours of their own people see how far a job is, where they are, and what each badge's mark is."""
    page = open_browser("carol", forced_colors="active", color_scheme="dark", reduced_motion="reduce")
    page.goto(TASKS)
    pictures = []
    for value in 2, 9:
        page.evaluate(BAR, value)
        pictures.append(page.locator("progress").screenshot())
    assert pictures[0] != pictures[1]
    text = page.evaluate("getComputedStyle(document.body).color")
    for badge in "[data-status]", "[data-priority]":
        assert page.locator(f".badge{badge}").first.evaluate(MARK) == text
    line = "each => getComputedStyle(each).borderBottomStyle"
    nav = page.get_by_role("navigation", name="Acme")
    assert nav.get_by_role("link", name="Tasks").evaluate(line) == "solid"
    assert nav.get_by_role("link", name="Exports").evaluate(line) == "none"


def test_nothing_moves_where_motion_is_not_wanted(open_browser):
    page = open_browser("carol", reduced_motion="reduce")
    page.goto(TASKS)
    page.evaluate("document.querySelector('#content').append(document.createElement('progress'))")
    assert page.evaluate(MOVING) == []


def test_on_paper(open_browser):
    page = open_browser("carol", color_scheme="dark")
    page.goto(TASKS)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Tasks")).to_be_visible()
    expect(page.locator("td.cell-main").first).to_be_visible()
    for part in ".site-header", ".filters", ".quick-task", ".cell-actions", ".pagination":
        expect(page.locator(part).first).to_be_hidden()
    colour = page.locator("td.cell-main").first.evaluate("each => getComputedStyle(each).color")
    assert sum(float(number) for number in re.findall(r"[0-9.]+", colour)[:3]) < 3 * 64
