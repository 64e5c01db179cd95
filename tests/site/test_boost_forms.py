"""Every form that is posted changes its page in place (hx-boost), but for those that have a reason not to."""

import re

from django.conf import settings

#: By the end of the template's path: why.
PLAIN = {
    "exports/new_export.html": "It stands in a dialog and always leads on.",
    "imports/new_import.html": "It sends a file, for which htmx would wait 30 seconds.",
    "includes/header.html": "Signing out leads away; the colours have a script of their own.",
    "mail/unsubscribe.html": "Whoever reads it may not be signed in, and then there is no htmx.",
    "orgs/first_run.html": "Nobody is signed in.",
    "orgs/join.html": "Joining changes who one is.",
    "orgs/join_as_new_person.html": "Nobody is signed in.",
    "templates/account/": "Browsers offer to keep a password when they see it posted; and who one is changes.",
}
FORM = re.compile(r"<form\b(?:\{%.*?%\}|[^>])*>", re.DOTALL)


def templates():
    """(path, text) of every page and of every part of one."""
    for folder in ("articles", "exports", "orgs", "site"):
        for path in sorted((settings.BASE_DIR / folder).glob("**/templates/**/*.html")):
            yield path.relative_to(settings.BASE_DIR).as_posix(), path.read_text()


def posting():
    """(path, the form's tag) of every form that is posted."""
    for path, text in templates():
        for tag in FORM.findall(text):
            if 'method="post"' in tag:
                yield path, tag


def test_it_works():
    forms = list(posting())
    assert len(forms) > 40
    plain = {path for path, tag in forms if 'hx-boost="true"' not in tag}
    assert {path for path in plain if not any(each in path for each in PLAIN)} == set()


def test_each_exception_is_one():
    plain = [path for path, tag in posting() if "hx-boost" not in tag]
    assert [each for each in PLAIN if not any(each in path for path in plain)] == []
    assert [path for path, tag in posting() if "hx-boost" in tag and any(each in path for each in PLAIN)] == []
