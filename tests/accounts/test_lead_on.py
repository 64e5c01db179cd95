"""Where a form that htmx has posted leads."""

from django.contrib.messages import get_messages

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
