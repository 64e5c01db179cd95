"""What a page makes a browser fetch: little, and once."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template import Context, Template
from django.test import Client

from accounts.templatetags.icons import ICONS, icon
from articles.models import Article, Status
from ops import static_files
from tests.cast import make_task

LIMIT = 60_000  # bytes, compressed
ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "home": "/",
    "tasks": "/orgs/acme/tasks/",
    "my tasks": "/tasks/mine/",
    "new task": "/orgs/acme/tasks/new/",
    "import": "/orgs/acme/tasks/imports/new/",
    "export": "/orgs/acme/tasks/exports/new/",
    "exports": "/orgs/acme/tasks/exports/",
    "articles": "/orgs/acme/articles/",
    "article": "/orgs/acme/articles/rooks/",
    "new article": "/orgs/acme/articles/new/",
    "comments": "/orgs/acme/articles/comments/",
    "members": "/orgs/acme/members/",
    "profile": "/profile/",
    "operation": "/ops/",
    "jobs": "/ops/jobs/",
    "outbox": "/ops/outbox/",
}


class Linked(HTMLParser):
    """The addresses of the scripts and style sheets of a page."""

    def __init__(self, page):
        super().__init__()
        self.addresses = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "script":
            self.addresses.add(values["src"])
        elif tag == "link" and values.get("rel") == "stylesheet":
            self.addresses.add(values["href"])


def weight(page):
    names = [address.removeprefix("/static/") for address in Linked(page).addresses]
    return sum(map(weight_of_file, names))


@cache
def weight_of_file(name):
    return len(brotli.compress(Path(finders.find(name)).read_bytes()))


@pytest.fixture
def alice(cast):
    cast.alice.is_staff = True
    cast.alice.save()
    make_task(cast.acme, "Feed the rooks")
    Article.objects.create(
        organization=cast.acme, author=cast.alice, title="Rooks", slug="rooks", body="Caw.", status=Status.DRAFT
    )
    client = Client(headers={"accept": "text/html"})
    client.force_login(cast.alice)
    return client


def test_it_works(alice):
    page = alice.get(PAGES["tasks"]).content.decode()
    assert "/static/django_htmx/htmx-2.min.js" in Linked(page).addresses
    assert 20_000 < weight(page) < LIMIT


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_heavy(alice, name):
    answer = alice.get(PAGES[name])
    assert answer.status_code == 200
    assert weight(answer.content.decode()) < LIMIT


def test_who_is_not_signed_in_gets_less(client, cast):
    assert weight(client.get("/accounts/login/").content.decode()) < 15_000


def test_files_are_kept_for_ever_by_their_hash_and_nothing_unused_is_collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    assert static_files.collect()
    client = Client(headers={"accept-encoding": "br"})
    for name in ("js/requests.js", "css/base.css", "django_htmx/htmx-2.min.js"):
        address = staticfiles_storage.url(name)
        assert re.search(r"\.[0-9a-f]{12}\.(js|css)$", address)
        answer = client.get(address)
        assert b"".join(answer.streaming_content)  # to its end, which closes the file
        assert answer.headers["Content-Encoding"] == "br"
        assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert {path.name for path in (tmp_path / "django_htmx").glob("*.js")} >= {"htmx-2.min.js"}
    assert not list((tmp_path / "django_htmx").glob("*-4*"))


# ---- icons


def test_every_icon_can_be_drawn_and_is_silent():
    for name in ICONS:
        assert icon(name).startswith("<svg")
        assert 'aria-hidden="true"' in icon(name)


def test_every_icon_that_is_used_is_known():
    used = {
        "".join(name)
        for folder in ("site", "orgs", "articles", "exports")
        for path in [*(ROOT / folder).rglob("templates/**/*.html"), *(ROOT / folder).rglob("templatetags/*.py")]
        for name in re.findall(r'\{% icon "([^"]*)" %\}|\bicon\("([^"]*)"\)', path.read_text())
    }
    assert used == set(ICONS)


def test_an_unknown_icon_is_no_empty_place():
    with pytest.raises(KeyError):
        Template('{% load icons %}{% icon "rook" %}').render(Context())
