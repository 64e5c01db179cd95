"""Texts that people read and nobody can translate: those of templates that stand outside of {% translate %} and
{% blocktranslate %}, and those of a page that did not come through gettext."""

import re
from html.parser import HTMLParser

from django.template.base import Lexer, TokenType

#: Attributes that people read, or have read to them.
READ = frozenset({"alt", "aria-description", "aria-label", "data-label", "data-live-says", "placeholder", "title"})
#: Elements whose text is no language: what one types, and what the page hands to programs.
NOT_READ = frozenset({"code", "kbd", "script", "style"})
ADDRESSES = re.compile(r"https?://\S+")
#: What stands for what is marked, or for a value.
MARKED = "\ue000"
#: What is the same in all languages: our name, entities, the initial of a person; and addresses.
NAMES = re.compile(r"\bRoost\b|&\w+;|\b[^\W\d_]\b")
#: Words given to a filter, or to an included template: {{ author|default:"nobody" }}, {% include … with save="Save" %}.
IN_FILTER = re.compile(r"""\b(?:date|default|default_if_none|yesno|add|join):(["'])(?P<words>[^"']*[^\W\d_][^"']*)\1""")
IN_WITH = re.compile(r"""(?:^|\s)\w+=(["'])(?P<words>[^"']*[^\W\d_][^"']*)\1""")
#: Letters whose English plural ends in s; other languages have more forms, and others.
PLURAL = re.compile(r"\|pluralize\b")


def _letters(text):
    return re.search(r"[^\W\d_]", NAMES.sub("", text.replace(MARKED, "")))


class _Texts(HTMLParser):
    """Collects (text, place) of everything that is read: place is "" for text, else the name of the attribute."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.silent = 0

    def handle_starttag(self, tag, attributes):
        self.silent += tag in NOT_READ
        for name, value in attributes:
            if name in READ or (name == "value" and tag == "input" and dict(attributes).get("type") == "submit"):
                self.found.append((value or "", name))

    def handle_endtag(self, tag):
        self.silent -= tag in NOT_READ

    def handle_data(self, data):
        if not self.silent:
            self.found.append((data, ""))


def _texts(html):
    parser = _Texts()
    parser.feed(html)
    parser.close()
    return parser.found


def in_template(source: str) -> list[str]:
    """The texts of a Django template (HTML, or an e-mail in plain text) that are not marked for translation."""
    plain, found, within, titles = [], [], "", False
    for token in Lexer(source).tokenize():
        words = token.contents.split()[:1] if token.token_type == TokenType.BLOCK else []
        if within:
            within = "" if words == [within] else within
            continue
        if words and words[0] in ("blocktranslate", "blocktrans", "comment"):
            within = f"end{words[0]}"
            plain.append(MARKED)
        elif token.token_type == TokenType.TEXT:
            # The name of a style class is what this block of base.html takes.
            plain.append(MARKED if titles else token.contents)
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR):
            plain.append(MARKED)
            found += [match["words"] for match in IN_FILTER.finditer(token.contents)]
            found += PLURAL.findall(token.contents)
            if words == ["include"]:
                found += [match["words"] for match in IN_WITH.finditer(token.contents.partition(" with ")[2])]
        titles = words == ["block"] and token.contents.split()[1] == "page_class"
    text = "".join(plain)
    text = re.sub(rf"{MARKED}#[\w-]+", "", text)  # the fragment of an address
    # A text of an e-mail begins with its subject; the program reads that word.
    text = re.sub(rf"^[\s{MARKED}]*Subject: ", "", text)
    return found + [" ".join(each.replace(MARKED, "…").split()) for each, _ in _texts(text) if _letters(each)]


def in_page(html: str, data, opening="⟦", closing="⟧") -> list[str]:
    """The texts of a page that stand neither between the marks, which gettext has put around all of its own, nor in
    `data`, the texts that people have written."""
    known = re.compile("|".join(re.escape(each) for each in sorted(data, key=len, reverse=True)) or "$^", re.IGNORECASE)
    depth, found = 0, []
    for text, attribute in _texts(html):
        outside, level = [], 0 if attribute else depth
        if attribute and depth:
            continue
        for character in text:
            if character == opening:
                level += 1
            elif character == closing:
                level -= 1
            elif not level:
                outside.append(character)
        if not attribute:
            depth = level
        words = "".join(outside)
        if _letters(known.sub("", ADDRESSES.sub("", words))):
            found.append(" ".join(words.split()))
    return found
