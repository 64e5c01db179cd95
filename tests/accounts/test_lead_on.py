"""Where a form that htmx has posted leads."""

from django.contrib.messages import get_messages
from django.http import HttpResponseRedirect
from django_htmx.middleware import HtmxDetails

from accounts.middleware import LeadOnMiddleware
from orgs.models import Task

NEW = "/orgs/acme/tasks/new/"


def htmx(here):
    return {"accept": "text/html", "hx-request": "true", "hx-current-url": f"http://testserver{here}"}


def create(client, here, **headers):
    headers = headers or htmx(here)
    return client.post(NEW, {"title": "Buy bread", "status": "open", "priority": "3"}, headers=headers)


def test_it_works(client, cast):
    client.force_login(cast.carol)
    answer = create(client, NEW)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/orgs/acme/tasks/")
    assert "Location" not in answer.headers
    assert Task.objects.get().title == "Buy bread"
    page = client.get(answer.headers["HX-Redirect"], headers={"accept": "text/html"})
    assert ["Buy bread" in str(message) for message in get_messages(page.wsgi_request)] == [True]


def test_back_to_the_page_one_is_on(client, cast):
    client.force_login(cast.carol)
    answer = create(client, "/orgs/acme/tasks/?status=open")
    assert answer.status_code == 302
    assert "HX-Redirect" not in answer.headers


def test_without_htmx(client, cast):
    client.force_login(cast.carol)
    assert create(client, NEW, accept="text/html").status_code == 302


def test_what_is_wrong_is_an_answer_as_ever(client, cast):
    client.force_login(cast.carol)
    answer = client.post(NEW, {"title": ""}, headers=htmx(NEW))
    assert "HX-Redirect" not in answer.headers
    assert "This field is required." in answer.content.decode()


def test_an_address_that_is_none(client, cast):
    """What a header says of where one is may be anything."""
    client.force_login(cast.carol)
    for here in ("", "http://[", "https://elsewhere.test/orgs/acme/tasks/"):
        headers = {"accept": "text/html", "hx-request": "true", "hx-current-url": here}
        assert create(client, here, **headers).status_code == 204


def test_another_page_by_its_host_or_its_query(rf):
    """Which no view of ours leads to; htmx would follow it from here, and a query belongs to what was posted to."""
    for leads_to, expected in {
        "https://evil.test/here/": "https://evil.test/here/",
        "//evil.test/here/": "//evil.test/here/",
        "?page=2": "/posted/to/?page=2",
    }.items():
        request = rf.post("/posted/to/", headers=htmx("/here/"))
        request.htmx = HtmxDetails(request)
        answer = LeadOnMiddleware(lambda _, to=leads_to: HttpResponseRedirect(to))(request)
        assert answer.headers["HX-Redirect"] == expected
