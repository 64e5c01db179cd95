"""What is refused before Django sees it: people read what to do, programs get JSON, and no database is asked."""

import json

import pytest

from config import pages
from config.asgi import application as roost
from config.headers import HEADERS
from config.refusals import PAGES
from tests.markup import inline_parts
from tests.site.clients import Client, Response, answer, bridge

HOST = (b"host", b"localhost")
BROWSER = [HOST, (b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8")]
PROGRAM = [HOST, (b"accept", b"application/json, text/html;q=0.5")]
#: The beginning and the end of what is too long: nothing of it may stand in a page.
MARK = "<script>alert(1)</script>"


def too_large(headers):
    return Client("POST", headers=[*headers, (b"content-length", b"101")]).ask(bridge(answer(Response())))


def broken_off(headers):
    client = Client("POST", headers=[*headers, (b"content-length", b"9")], leaves_after=0)
    return client.ask(bridge(answer(Response())))


def too_slow(headers):
    return Client("POST", headers=[*headers, (b"content-length", b"9")]).ask(bridge(answer(Response())))


def long_address(headers):
    return Client(path=f"/{MARK}?q={MARK}{'x' * 8190}", headers=headers).ask(roost)


def long_cookie(headers):
    return Client(headers=[*headers, (b"cookie", f"a={MARK}{'x' * 8190}".encode())]).ask(roost)


REFUSED = [(broken_off, 400), (too_slow, 408), (too_large, 413), (long_address, 414), (long_cookie, 431)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(pages, "PATIENCE", 0.05)


def kind(page):
    return dict(page.sent[0]["headers"])[b"content-type"]


@pytest.mark.parametrize(("refused", "status"), REFUSED)
def test_it_works(refused, status):
    page = refused(BROWSER)
    words = page.body.decode()
    assert (page.status, kind(page)) == (status, b"text/html; charset=utf-8")
    assert all(str(part) in words for part in PAGES[status])
    assert '<a class="button" href="/">' in words
    assert "alert" not in words
    assert not inline_parts(words)


@pytest.mark.parametrize(("refused", "status"), REFUSED)
@pytest.mark.parametrize("headers", [PROGRAM, [*BROWSER, (b"hx-request", b"true")]], ids=["program", "script"])
def test_all_others_get_json(refused, status, headers):
    page = refused(headers)
    assert (page.status, kind(page)) == (status, b"application/json")
    assert json.loads(page.body).keys() == {"error"}


def test_the_page_has_the_headers_of_all_pages():
    raw = dict(too_large(BROWSER).sent[0]["headers"])
    assert all(raw[name.lower().encode()] == value.encode() for name, value in HEADERS.items())
    assert raw[b"vary"] == b"Accept"


def test_what_accepts_too_much_is_read_no_further():
    page = Client(headers=[HOST, (b"accept", b"text/html;" + b";" * 100_000)]).ask(roost)
    assert (page.status, kind(page)) == (431, b"text/html; charset=utf-8")
