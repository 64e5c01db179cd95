"""Who may send more than 64 KiB, and where more than two MiB: asked before it is read."""

import io
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from config.asgi import application, pages
from exports.imports.large_requests import FORM, limit
from exports.imports.models import Upload
from tests.site.clients import Client

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "/orgs/acme/tasks/imports/new/"
CONTENT = b"title,description\r\n" + b"A task," + b"x" * 9000 + b"\r\n"
LARGE = CONTENT + (b"A task," + b"x" * 9000 + b"\r\n") * 400  # more than 3 MiB


@pytest.fixture
def server():
    """The application as the server runs it. Its threads keep their database connections, as long as a test runs."""
    yield application
    all_at_once = Barrier(settings.WEB_THREADS)  # so that each of them has one turn

    def close(_):
        all_at_once.wait(20)
        connection.close()

    list(pages.application.pool.map(close, range(settings.WEB_THREADS)))


def ask(person=None, path=NEW, method="POST"):
    browser = Browser()
    if person:
        browser.force_login(person)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    return limit({"PATH_INFO": path, "REQUEST_METHOD": method, "HTTP_COOKIE": cookies, "wsgi.input": io.BytesIO()})


@pytest.mark.parametrize(
    ("person", "allowed"),
    [("alice", True), ("bob", True), ("carol", True), ("dave", False), ("mallory", False), (None, False)],
)
def test_it_works(cast, person, allowed):
    found = ask(person and getattr(cast, person))
    usual = settings.DATA_UPLOAD_MAX_MEMORY_SIZE if person else 0
    assert found == (settings.IMPORT_MAX_SIZE + FORM if allowed else usual)


@pytest.mark.parametrize("path", ["/", "/orgs/acme/tasks/new/", "/orgs/elsewhere/tasks/imports/new/"])
def test_other_addresses_have_the_usual_limit(cast, path):
    assert ask(cast.carol, path) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert ask(path=path) == 0


def test_nowhere_nothing_large_is_taken(cast):
    assert ask(cast.carol, "/nowhere/") == 0


def test_who_is_not_signed_in_sends_short_forms_only(cast):
    """What a form of 2 MB holds may take Python seconds to read, whoever sends it."""
    body = b"a=" + b"%" * settings.BODY_LIMIT
    headers = [(b"host", b"localhost"), (b"content-length", str(len(body)).encode())]
    incoming = [{"body": body, "more_body": False}]
    page = Client("POST", "/accounts/login/", incoming=incoming, headers=headers).ask(application)
    assert page.status == 413


def test_reading_has_the_usual_limit(cast):
    assert ask(cast.carol, method="GET") == 0


def test_a_broken_cookie_is_nobody(cast):
    environ = {"PATH_INFO": NEW, "REQUEST_METHOD": "POST", "HTTP_COOKIE": "sessionid=wrong", "wsgi.input": io.BytesIO()}
    assert limit(environ) == 0


@pytest.mark.parametrize(("person", "status"), [("carol", 201), ("dave", 413)])
def test_a_large_file_comes_in_through_the_server(cast, media, server, person, status):
    browser = Browser()
    browser.force_login(getattr(cast, person))
    browser.get("/")
    token = "a" * 32
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    boundary = b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    body = boundary + LARGE + b"\r\n--x--\r\n"
    pieces = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    headers = [
        (b"host", b"localhost"),
        (b"accept", b"application/json"),
        (b"content-type", b"multipart/form-data; boundary=x"),
        (b"content-length", str(len(body)).encode()),
        (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}".encode()),
        (b"x-csrftoken", token.encode()),
    ]
    incoming = [{"body": piece, "more_body": piece is not pieces[-1]} for piece in pieces]
    page = Client("POST", NEW, incoming=incoming, headers=headers).ask(server)
    assert page.status == status, page.body
    if status == 201:
        assert Upload.objects.get().path.read_bytes() == LARGE
