"""Markdown as people write it, HTML as browsers may see it.

CommonMark with tables and strikethrough. Markup in the text is shown, not obeyed (`html` off), and the result still
goes through an allowlist (nh3, which parses as browsers do): what the first guard might miss never reaches a page
(OWASP, "Cross Site Scripting Prevention", HTML sanitization).
"""

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Everything that the Markdown below can give, and nothing else.
TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "a", "blockquote", "ul", "ol", "li"),
    *("code", "pre", "table", "thead", "tbody", "tr", "th", "td"),
}
ALIGNMENTS = {"align-left", "align-center", "align-right"}

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"*": set(), "a": {"href", "title"}, "ol": {"start"}},
    allowed_classes={"th": ALIGNMENTS, "td": ALIGNMENTS},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


@lru_cache(maxsize=128)
def render(text: str) -> SafeString:
    """The HTML of a Markdown text, safe to put into a page as it is."""
    return mark_safe(_cleaner.clean(_parser.render(text)))  # noqa: S308 (this is where it becomes safe)


def _headings_below_title(state):
    """A text stands below the page's own <h1>: its headings start at <h2>."""
    for token in state.tokens:
        if token.type.startswith("heading_"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"


def _alignment_as_class(state):
    """Columns are aligned by a class: pages allow no inline styles."""
    for token in state.tokens:
        if style := token.attrs.pop("style", ""):
            token.attrSet("class", str(style).replace("text-align:", "align-"))


def _images_as_links(state):
    """An image on another server would tell that server who reads the page: it becomes a link to the image."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = list(_without_images(token.children))


def _without_images(children):
    within_link = 0
    for token in children:
        within_link += token.nesting if token.type.startswith("link_") else 0
        if token.type != "image":
            yield token
            continue
        words = Token("text", "", 0, content=token.content or str(token.attrs["src"]))
        if within_link:
            yield words
        else:
            yield from (Token("link_open", "a", 1, attrs={"href": token.attrs["src"]}), words)
            yield Token("link_close", "a", -1)


_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
for _rule in (_headings_below_title, _alignment_as_class, _images_as_links):
    _parser.core.ruler.push(_rule.__name__, _rule)
