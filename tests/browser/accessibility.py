"""What in a page keeps people out, as axe-core finds it."""

from axe_playwright_python.base import AXE_SCRIPT

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Only what is wrong, without fetching the styles a second time.
REPORT = {"resultTypes": ["violations"], "preload": False}
#: WCAG 2.5.8 (targets of 24 pixels) is off in axe-core unless one asks for it.
EVERYTHING = {
    "runOnly": {"type": "tag", "values": WCAG},
    "rules": {"target-size": {"enabled": True}},
    **REPORT,
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, **REPORT}
#: A phone, and a window of 1,280 pixels at 400 % (WCAG 1.4.10).
PHONE = {"width": 320, "height": 740}
#: A tablet, upright and lying.
TABLETS = {"width": 768, "height": 1024}, {"width": 1024, "height": 768}
#: What people may set for themselves, without loss (WCAG 1.4.12). Lines and paragraphs are spaced so wide anyway.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }");
    document.adoptedStyleSheets = [sheet];
}"""
#: An id that two elements have: a label may name the other one.
TWICE = """() => {
    const ids = [...document.querySelectorAll('[id]')].map(each => each.id);
    return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""
#: A page wider than the window makes people scroll sideways for each line (WCAG 1.4.10).
WIDER_THAN_WINDOW = """() => [...document.querySelectorAll('body *')]
    .filter(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
    .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(0, 5).map(each => each.outerHTML.slice(0, 120))"""

#: A table that sticks out of the sheet around it.
WIDER_THAN_SHEET = """() => [...document.querySelectorAll('.table-sheet')]
    .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.outerHTML.slice(0, 120))"""


def obstacles(page) -> list[str]:
    """What is wrong with a page: by the rules of WCAG 2.2 AA, its contrasts in the dark too, on tablets, and on a
    phone, also with letters far from each other.

    Its browser has to be one with `reduced_motion`: a colour that still fades is a wrong one. Leaves the page as it
    was.
    """
    page.evaluate(AXE_SCRIPT)
    found = broken_rules(page, EVERYTHING)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {words}" for words in broken_rules(page, CONTRAST)]
    page.emulate_media(color_scheme="light")
    found += [f"the id of two elements: {name}" for name in page.evaluate(TWICE)]
    size = page.viewport_size
    for tablet in TABLETS:
        page.set_viewport_size(tablet)
        found += [f"wider than a tablet: {words}" for words in page.evaluate(WIDER_THAN_WINDOW)]
        found += [f"wider than its sheet: {words}" for words in page.evaluate(WIDER_THAN_SHEET)]
    page.set_viewport_size(PHONE)
    found += [f"wider than a phone: {words}" for words in page.evaluate(WIDER_THAN_WINDOW)]
    page.evaluate(SPACING)
    found += [f"wider with wide letters: {words}" for words in page.evaluate(WIDER_THAN_WINDOW)]
    page.evaluate("document.adoptedStyleSheets = []")
    page.set_viewport_size(size)
    return found


def broken_rules(page, options) -> list[str]:
    violations = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    return [
        f"{violation['id']}: {node['html'][:200]} – {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"][:3]
    ]
