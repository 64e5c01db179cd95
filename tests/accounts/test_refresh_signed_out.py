"""What htmx gets where a page would be led to the sign-in."""

import pytest

HTMX = {"accept": "text/html", "hx-request": "true"}


def test_it_works(client, cast):
    answer = client.get("/orgs/acme/tasks/", headers=HTMX)
    assert (answer.status_code, answer.content) == (401, b"")
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("address", ["/", "/profile/", "/tasks/mine/", "/orgs/acme/tasks/1/complete/", "/ops/jobs/"])
def test_whatever_the_page(client, cast, address):
    ask = client.post if "complete" in address else client.get
    assert ask(address, headers={"accept": "text/html"}).status_code == 302
    assert ask(address, headers=HTMX).status_code == 401


def test_who_is_signed_in_gets_the_page_as_everybody(client, cast):
    client.force_login(cast.carol)
    assert client.get("/orgs/acme/tasks/", headers=HTMX).status_code == 200
    assert "HX-Request" not in client.get("/orgs/acme/tasks/", headers=HTMX).headers["Vary"]  # it is the same page
