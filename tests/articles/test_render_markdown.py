"""Markdown becomes HTML that does nothing but show text and links."""

import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest

from articles.markdown import _cleaner, render
from tests.articles.payloads import HTML, MARKDOWN

HARMLESS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "a", "blockquote", "ul", "ol", "li"),
    *("code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title", "rel"}, "ol": {"start"}, "th": {"class"}, "td": {"class"}}


class Page(HTMLParser):
    """What a page would make of a text: its elements with their attributes, and its words."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.words, self.others = [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words += data

    def handle_comment(self, data):
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(text):
    page = Page(text)
    assert not page.others
    for tag, attributes in page.elements:
        assert tag in HARMLESS
        assert set(attributes) <= ATTRIBUTES.get(tag, set())
        assert re.fullmatch(r"align-(left|center|right)", attributes.get("class", "align-left"))
        if "href" in attributes:
            # A browser leaves out tabs, line breaks and leading control characters (WHATWG URL, 4.4).
            address = re.sub(r"[\x00-\x20]", "", attributes["href"]).lower()
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", address)
            assert scheme is None or scheme[1] in {"http", "https", "mailto"}


def test_it_works():
    page = Page(render("# Plan\n\nWe *move* on **Monday** to <https://example.org>.\n\n- one\n- ~~two~~\n"))
    assert [tag for tag, _ in page.elements] == ["h2", "p", "em", "strong", "a", "ul", "li", "li", "s"]
    assert page.words.split() == ["Plan", "We", "move", "on", "Monday", "to", "https://example.org.", "one", "two"]


@pytest.mark.parametrize("payload", [*MARKDOWN, *HTML])
def test_attacks_do_nothing(payload):
    assert_harmless(render(payload))
    assert_harmless(render(f"Some words {payload} and more"))
    assert_harmless(render(f"[link]({payload})\n\n> - {payload}\n\n{payload}\n"))


@pytest.mark.parametrize("payload", HTML)
def test_sanitizer_alone_stops_attacks(payload):
    """The second guard holds where the first, which shows markup as text, would fail."""
    assert_harmless(_cleaner.clean(payload))


def test_there_are_many_attacks():
    assert len(set(MARKDOWN)) == len(MARKDOWN) >= 50
    assert len(set(HTML)) == len(HTML) >= 50


def test_markup_is_shown_as_written():
    assert Page(render("<script>alert(1)</script>")).words.strip() == "<script>alert(1)</script>"
    assert Page(render("a <b>bold</b> move")).words.strip() == "a <b>bold</b> move"


def test_links_do_not_vouch_for_where_they_lead():
    [(_, attributes)] = [each for each in Page(render("[a](https://example.org)")).elements if each[0] == "a"]
    assert attributes == {"href": "https://example.org", "rel": "noopener noreferrer nofollow"}


def test_images_are_links():
    page = Page(render("See ![the plan](https://example.org/plan.png)"))
    assert ("a", {"href": "https://example.org/plan.png", "rel": "noopener noreferrer nofollow"}) in page.elements
    assert page.words.strip() == "See the plan"


def test_image_within_link_gives_its_words():
    page = Page(render("[![the plan](https://example.org/plan.png)](https://example.org/)"))
    assert [attributes["href"] for tag, attributes in page.elements if tag == "a"] == ["https://example.org/"]
    assert page.words.strip() == "the plan"


def test_headings_start_below_the_title():
    page = Page(render("# one\n\n## two\n\n###### six\n\nSetext\n===\n"))
    assert [tag for tag, _ in page.elements] == ["h2", "h3", "h6", "h2"]


def test_columns_are_aligned_by_class():
    page = Page(render("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|\n"))
    assert [each.get("class") for tag, each in page.elements if tag == "td"] == [
        "align-left",
        "align-center",
        "align-right",
    ]


@pytest.mark.timeout(7)
@pytest.mark.parametrize("unit", ["[", "![", "*a", "- ", "`", "|a"])
def test_no_text_takes_long(unit):
    """20,000 characters of anything are rendered within the timeout, so that a writer may wait for three times as many:
    the time grows with the square of the length."""
    render(unit * (20_000 // len(unit)))


def test_threads_render_at_once():
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(render, [f"# Number {n}\n\n*some* words" for n in range(200)]))
    assert all(f"<h2>Number {n}</h2>" in page for n, page in enumerate(pages))
