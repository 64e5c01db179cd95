"""What a page has in it that the Content-Security-Policy forbids."""

from html.parser import HTMLParser


class _Finder(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        inline = [name for name in values if name == "style" or name.startswith("on")]
        links = [value for value in values.values() if (value or "").strip().lower().startswith("javascript:")]
        if tag == "style" or (tag == "script" and "src" not in values) or inline or links:
            self.found.append(self.get_starttag_text())


def inline_parts(html: str) -> list[str]:
    """The tags of an HTML text that carry a style or a script of their own."""
    finder = _Finder()
    finder.feed(html)
    return finder.found
