"""Every answer tells the browser what our pages never do; and no page has a script or a style of its own."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import path

from config.asgi import application as roost
from config.headers import HEADERS, POLICY
from mail.models import Email
from ops.outbox.text import POLICY as POLICY_OF_FRAME
from tests.cast import make_user
from tests.markup import inline_parts
from tests.site.clients import Client as RawClient
from tests.site.clients import Response, answer, bridge

TEMPLATES = [
    path
    for folder in ("site", "orgs", "articles", "exports")
    for path in (settings.BASE_DIR / folder).rglob("templates/**/*.html")
    if "mail" not in path.parts[path.parts.index("templates") :] or "unsubscribe" in path.name  # mail needs styles
]


def broken(request):
    raise RuntimeError("broken on purpose")


urlpatterns = [path("broken/", broken)]
handler500 = "ops.views.server_error"


def has_all(response):
    return all(response.headers[name] == value for name, value in HEADERS.items())


def test_it_works(client, db):
    assert "unsafe" not in POLICY
    assert POLICY.split("; ")[0] == "default-src 'self'"
    assert has_all(client.get("/accounts/login/"))


def test_whatever_the_answer(client, db):
    for address in "/nowhere/", "/up", "/health", "/":
        assert has_all(client.get(address)), address
    assert has_all(client.post("/up"))
    assert has_all(client.get("/nowhere/", headers={"host": "elsewhere.test"}))  # refused by Django itself
    assert has_all(Client(enforce_csrf_checks=True).post("/accounts/login/"))


@pytest.mark.urls(__name__)
def test_an_error_has_them_too():
    response = Client(raise_request_exception=False).get("/broken/", headers={"accept": "text/html"})
    assert response.status_code == 500
    assert has_all(response)
    assert not inline_parts(response.content.decode())


def test_answers_beside_django_have_them(db):
    refused = RawClient("POST", headers=[(b"content-length", b"101")]).ask(bridge(answer(Response())))
    stream = RawClient(path="/events/", headers=[(b"host", b"localhost")]).ask(roost)
    assert (refused.status, stream.status) == (413, 401)
    for page in refused, stream:
        raw = dict(page.sent[0]["headers"])
        assert all(raw[name.lower().encode()] == value.encode() for name, value in HEADERS.items())


def test_an_email_in_its_frame_keeps_its_own_policy(db):
    operator = make_user("Olga", is_staff=True)
    email = Email.objects.create(key="x:1", kind="x", recipient="a@b.test", subject="s", text="t", html="<p>t</p>")
    client = Client(headers={"accept": "text/html"})
    client.force_login(operator)
    response = client.get(f"/ops/outbox/{email.pk}/html/")
    assert response.headers["Content-Security-Policy"] == POLICY_OF_FRAME
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_a_static_file_has_them_and_is_for_our_pages_only(settings, tmp_path):
    (tmp_path / "base.css").write_text("p {}")
    settings.STATIC_ROOT = tmp_path
    response = Client().get("/static/base.css")
    assert response.getvalue() == b"p {}"
    assert has_all(response)
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(Path(path).relative_to(settings.BASE_DIR)))
def test_no_template_has_a_script_or_a_style_in_it(template):
    assert not inline_parts(template.read_text())


def test_what_is_inline_is_found():
    bad = '<p style="color: red"><a href=" JavaScript:x()" onclick="y()"><style>p {}</style><script>z()</script>'
    assert len(inline_parts(bad)) == 4
    assert not inline_parts('<script src="/static/x.js" defer></script><progress value="1" class="on"></progress>')
