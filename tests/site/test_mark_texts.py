"""Every text that people read can be translated: it is marked, in whole sentences, in templates and in Python."""

import ast
import functools
import itertools
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import models
from django.utils import translation
from django.utils.translation.template import templatize

from tests.kinds.mail import FLEETING, LETTER, NOTICE
from tests.orgs.test_walk_urls import address, cast, client_of, new_place  # noqa: F401
from tests.orgs.who_may import EXPECTED, EXPECTED_OF_ALLAUTH
from tests.unmarked import in_page, in_template

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["site", "orgs", "articles", "exports"]
TEMPLATES = sorted(
    path.relative_to(ROOT)
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if "templates" in path.parts and path.suffix in {".html", ".txt"}
)
SCRIPTS = sorted((ROOT / "site" / "static" / "js").glob("*.js"))
#: A script that says something of its own: `button.textContent = "Close"`, `place.append("words")`.
SPEAKING = re.compile(
    r"""(?:textContent|innerText|ariaLabel|title|placeholder)\s*=[^;\n]*?["'`][^"'`;\n]*[A-Za-z]{2}|"""
    r"""(?:append|prepend|alert|confirm)\(\s*["'`][^"'`]*[A-Za-z]{2}|"""
    r"""setAttribute\(\s*["'](?:aria-label|title|placeholder)["'],\s*["'`]"""
)
#: What pages show beside texts and data: kinds of files, abbreviations of time zones.
SAME_EVERYWHERE = {"CSV", "XLSX", "JSON", "JSON Lines", "Excel", "UTC", "Edge", "Firefox", "Chrome", "Safari", "Linux"}


@pytest.mark.parametrize(
    ("source", "unmarked"),
    [
        ("<h1>Tasks</h1>", ["Tasks"]),
        ("<h1>{% translate 'Tasks' %}</h1>", []),
        ("{% blocktranslate %}By <b>{{ who }}</b>{% plural %}and{% endblocktranslate %} or", ["… or"]),
        ('<p title="{% if a %}Here{% endif %}" class="words">{{ value }}</p>', ["…Here…"]),
        ("{{ count }} task{{ count|pluralize }}", ["|pluralize", "… task…"]),
        ('{{ who|default:"nobody" }}{{ who|default:_("nobody") }}', ["nobody"]),
        ('{{ day|date:"j M" }}{{ day|date:_("j M") }}', ["j M"]),
        ('{% include "a.html" with save="Save" %}{% include "a.html" with save=_("Save") %}', ["Save"]),
        ("{# Words #}{% comment %}Words{% endcomment %}<kbd>c</kbd> 12 · Roost&nbsp;→", []),
        ("{% block page_class %}page-narrow{% endblock %}<b>{% block title %}Home{% endblock %}</b>", ["…Home…"]),
        ("{% load i18n %}Subject: {{ title }}\n{% translate 'Read it:' %} Hello", ["… … Hello"]),
    ],
)
def test_what_is_not_marked_is_found(source, unmarked):
    assert [re.sub("…+", "…", each) for each in in_template(source)] == unmarked


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_every_text_of_a_template_is_marked(template):
    assert in_template((ROOT / template).read_text()) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_have_no_texts_of_their_own(script):
    assert not SPEAKING.search(script.read_text())


def test_a_script_that_says_something_is_found():
    assert SPEAKING.search('link.textContent = changed ? "Show" : ""')
    assert SPEAKING.search('note.append("Reload it")')
    assert not SPEAKING.search('place.textContent = words; button.textContent = "×"; body.append(link)')


# ---- what a file of messages can hold


#: How many of the arguments of a function of gettext are texts, and whether the first one is a context.
FUNCTIONS = {"gettext": (1, False), "ngettext": (2, False), "pgettext": (2, True), "npgettext": (3, True)}


def messages_of(path):
    """What `makemessages` finds in a file: (context, text, plural), None where there is none."""
    source = path.read_text()
    if path.suffix != ".py":
        # What is outside of tags becomes X's, S's and P's; a program in Python is left, more or less.
        calls = re.findall(r"""(?:n?p?gettext|_)\(.*?["']\s*(?:,\s*\w+)?\)""", templatize(source))
        source = "\n".join(call.replace("_(", "gettext(", 1) if call.startswith("_(") else call for call in calls)
    tree = ast.parse(source)
    names = {each.asname or each.name: each.name for each in ast.walk(tree) if isinstance(each, ast.alias)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            function = names.get(call.func.id, call.func.id).removesuffix("_lazy").removesuffix("_noop")
            count, has_context = FUNCTIONS.get(function, (0, False))
            texts = [each.value for each in call.args[:count] if isinstance(each, ast.Constant)]
            if count and len(texts) == count:
                context, texts = (texts[0], texts[1:]) if has_context else (None, texts)
                yield context, texts[0], texts[1] if len(texts) == 2 else None


def clashes(messages):
    """The texts that stand for two entries of a file of messages, which gettext refuses: alone and with a plural, or
    with two plurals."""
    plurals = {}
    for context, text, plural in messages:
        plurals.setdefault((context, text), set()).add(plural)
    return sorted(text for (context, text), found in plurals.items() if len(found) > 1)


def test_a_text_has_one_plural_or_none(tmp_path):
    marked, program = tmp_path / "a.html", tmp_path / "a.py"
    marked.write_text(
        """{% translate "See it" %}{% blocktranslate count n=n %}See it{% plural %}See them{% endblocktranslate %}"""
        """{% blocktranslate context "x" count n=n %}Do it{% plural %}Do them{% endblocktranslate %}"""
        """{{ a|default:_("No") }}"""
    )
    program.write_text("""from django.utils.translation import gettext_lazy as _\n_("See it")\n_("Do it")""")
    found = {*messages_of(marked), *messages_of(program)}
    assert found == {
        *[(None, "See it", None), (None, "See it", "See them"), ("x", "Do it", "Do them"), (None, "No", None)],
        (None, "Do it", None),
    }
    assert clashes(found) == ["See it"]

    programs = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    everything = [each for path in [*programs, *(ROOT / path for path in TEMPLATES)] for each in messages_of(path)]
    assert len(everything) > 1000
    assert clashes(everything) == []


# ---- the pages, in a language that puts every text into brackets


@pytest.fixture
def bracketed():
    """Whatever gettext is asked for comes back in brackets."""
    with brackets():
        yield


@pytest.fixture(scope="module")
def place(new_place):  # noqa: F811
    """Made in brackets, too: an e-mail stays in the language in which it was written."""
    with brackets():
        return new_place()


@contextmanager
def brackets():

    def around(text):
        return f"⟦{text}⟧" if text else ""

    def one(message):
        return around(message)

    def with_context(context, message):
        return around(message)

    def by_number(singular, plural, number):
        return around(singular if number == 1 else plural)

    def by_number_with_context(context, singular, plural, number):
        return by_number(singular, plural, number)

    translation.gettext("")  # from now on the functions below are attributes, which can be replaced
    functions = {
        "gettext": one,
        "pgettext": with_context,
        "ngettext": by_number,
        "npgettext": by_number_with_context,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, function in functions.items():
            patch.setattr(translation._trans, name, function)
        yield


def written():
    """All texts that stand in the database."""
    for model in apps.get_models():
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField) and not field.choices
        ]
        for row in model.objects.values_list(*names):
            yield from strings(row)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in itertools.chain(value, value.values()) if isinstance(value, dict) else value:
            yield from strings(each)


@functools.cache  # they are the same for every page, and take as long as one
def said_by_developers():
    """What is English in every language: system checks, and the kinds of e-mails that only the tests have."""
    of_checks = [(check.id, check.msg, check.hint or "") for check in run_checks(include_deployment_checks=True)]
    of_kinds = [(kind.label, kind.description) for kind in (LETTER, NOTICE, FLEETING)]
    return [str(text) for texts in (*of_checks, *of_kinds) for text in texts]


def unmarked(answers, texts):
    # Of a text in Markdown the page has the pieces, as it has of a key; names of values are shown without underscores.
    texts = map(str, {*texts, *said_by_developers(), *SAME_EVERYWHERE})
    data = {piece.strip() for text in texts for piece in [text, *re.split(r"[*_#>:\n]+", text), text.replace("_", " ")]}
    pages = "\n".join(answer.content.decode() for answer in answers)
    pages = re.sub(r"<select[^>]*name=\"time_zone\".*?</select>", "", pages, flags=re.DOTALL)
    return in_page(pages, {each for each in data if len(each) > 1})


def test_what_did_not_come_through_gettext_is_found(bracketed):
    page = '<h1>⟦Tasks of <b title="x">Acme</b>⟧ and</h1><p title="Bob ⟦x⟧">Bob, <i title="Word">⟦x⟧</i> Roost'
    assert in_page(page, {"bob"}) == ["and", "Word"]
    assert translation.gettext_lazy("Tasks") == "⟦Tasks⟧"
    assert translation.ngettext("one", "many", 3) == "⟦many⟧"


@pytest.mark.slow
@pytest.mark.parametrize("name", [*EXPECTED, *EXPECTED_OF_ALLAUTH])
def test_a_page_says_nothing_untranslated(bracketed, client_of, address, cast, name):  # noqa: F811
    """As the owner sees it, who also operates the installation, and where there is an error as well."""
    at = address(name)
    cast.alice.is_staff = True
    cast.alice.save()
    pages, texts = [], set()
    for person in ("alice", "nobody"):
        for method in ("get", "post"):
            answer = getattr(client_of(person), method)(at)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                pages.append(answer)
                texts.update(written())
    assert not pages or unmarked(pages, texts) == []
