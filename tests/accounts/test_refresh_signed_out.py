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


@pytest.mark.parametrize(("of", "status"), [("carol", 204), ("alice", 401), (None, 204)])
def test_nobody_posts_in_the_name_of_whoever_has_signed_in_meanwhile(client, cast, of, status):
    """The page in another tab is still that of whoever was signed in before."""
    client.force_login(cast.carol)
    page = {"x-page-of": str(getattr(cast, of).pk)} if of else {}
    answer = client.post(
        "/orgs/acme/tasks/new/", {"title": "Feed the hens", "status": "open", "priority": "2"}, headers=HTMX | page
    )
    assert answer.status_code == status
    assert cast.acme.tasks.count() == (status == 204)


def test_a_page_says_whose_it_is(client, cast):
    assert "X-Page-Of" not in client.get("/accounts/login/", headers={"accept": "text/html"}).text
    client.force_login(cast.carol)
    page = client.get("/orgs/acme/tasks/", headers={"accept": "text/html"})
    assert f'"X-Page-Of": "{cast.carol.pk}"' in page.text
