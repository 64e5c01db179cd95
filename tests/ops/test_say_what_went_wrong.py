import logging
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

pytestmark = pytest.mark.urls("tests.ops.broken_urls")

HTML = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
ROLE = "You may see this, but your role does not allow what you wanted to do."
MISSING = "There is nothing at this address, or it is not yours to see."
ERRORS = [
    ("/ours/", 400, "status: “gone” is not a status."),
    ("/suspicious/", 400, "This request could not be understood."),
    ("/forbidden/", 403, "Viewers may not export."),
    ("/forbidden/silently/", 403, ROLE),
    ("/nowhere/", 404, MISSING),
]


@pytest.mark.parametrize(("path", "status", "words"), ERRORS)
def test_it_works(client, path, status, words):
    response = client.get(path)
    assert (response.status_code, response.json()) == (status, {"error": words})
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(("path", "status", "words"), ERRORS)
def test_people_get_a_page(client, path, status, words):
    response = client.get(path, headers=HTML)
    page = response.content.decode()
    assert response.status_code == status
    assert f"<p>{words}</p>" in page
    assert page.count("<h1>") == 1
    assert 'href="#content"' in page  # all of the site's frame is there


def test_somebody_signed_in_gets_a_page_too(client, cast):
    client.force_login(cast.alice)
    assert MISSING in client.get("/nowhere/", headers=HTML).content.decode()


def test_a_host_that_is_not_ours_is_refused(client):
    response = client.get("/profile/", headers={"host": "evil.test", **HTML})
    assert response.status_code == 400
    assert "evil.test" not in response.content.decode()


def test_a_form_without_its_token_is_refused(db):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "alice@acme.test"})
    assert (response.status_code, list(response.json())) == (403, ["error"])
    page = client.post("/accounts/login/", headers=HTML)
    assert page.status_code == 403
    assert "reload the page" in page.content.decode()


@pytest.mark.parametrize("accept", ["", "*/*;q=x", "text/html;q=0", "nonsense"])
def test_an_odd_accept_header_does_no_harm(client, accept):
    assert client.get("/nowhere/", headers={"accept": accept}).status_code == 404


class TestOurOwnMistake:
    """None of these may use the database: pytest-django would make it fail."""

    @pytest.fixture
    def client(self, client):
        client.raise_request_exception = False
        return client

    def test_programs_are_told_by_what_id_to_find_it(self, client):
        response = client.get("/broken/", headers={"x-request-id": "my-request-7"})
        assert response.status_code == 500
        assert response.json() == {"error": "Something went wrong on our side.", "request_id": "my-request-7"}

    def test_people_get_a_page_that_needs_nothing(self, client, settings):
        settings.STORAGES = {
            **settings.STORAGES,  # a manifest that was never written: {% static %} would fail
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        }
        response = client.get("/broken/", headers={"x-request-id": "my-request-7", **HTML})
        assert response.status_code == 500
        assert "<code>my-request-7</code>" in response.content.decode()
        assert "a secret of ours" not in response.content.decode()
        sheets = re.findall(r'href="/static/([^"]+)"', response.content.decode())
        assert sheets
        assert all(map(finders.find, sheets))

    def test_the_log_has_the_traceback(self, client, caplog):
        with caplog.at_level(logging.ERROR):
            client.get("/broken/")
        assert "a secret of ours" in caplog.text
