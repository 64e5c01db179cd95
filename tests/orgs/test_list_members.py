import pytest

from orgs.models import Role
from tests.cast import make_user

MEMBERS = "/orgs/acme/members/"


def names(page):
    return [str(membership.user) for membership in page.context["page"]]


def test_it_works(cast, browser):
    page = browser(cast.dave).get(MEMBERS)
    assert names(page) == ["Alice", "Bob", "Carol", "Dave"]
    for words in ("alice@acme.test", "Owner", "Admin", "Member", "Viewer", "(you)"):
        assert words in page.content.decode()
    assert "mallory" not in page.content.decode()


def test_the_order_is_that_of_the_names_shown(cast, browser):
    nameless = make_user(email="anna@acme.test")
    nameless.name = ""
    nameless.save()
    for person in (nameless, make_user("bernd")):
        cast.acme.add_member(person, Role.MEMBER)
    page = browser(cast.alice).get(MEMBERS)
    assert names(page) == ["Alice", "anna@acme.test", "bernd", "Bob", "Carol", "Dave"]


def test_pages_follow_each_other(cast, browser):
    for number in range(50):
        cast.acme.add_member(make_user(f"Zoe {number:02}"), Role.VIEWER)
    alice = browser(cast.alice)
    first, second = alice.get(MEMBERS), alice.get(MEMBERS, {"page": "2"})
    assert len(names(first)) == 50
    assert names(second) == [f"Zoe {number}" for number in range(46, 50)]
    assert 'rel="next" href="/orgs/acme/members/?page=2"' in first.content.decode()
    assert 'rel="prev" href="/orgs/acme/members/?page=1"' in second.content.decode()


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "9" * 30, ""])
def test_a_page_that_is_not_there_is_refused(cast, browser, page):
    answer = browser(cast.alice).get(MEMBERS, {"page": page})
    assert answer.status_code == 400
    assert "There is no such page of members." in answer.content.decode()


def test_the_number_of_queries_is_fixed(cast, browser, django_assert_num_queries):
    alice = browser(cast.alice)
    for more in (0, 20):
        for _ in range(more):
            cast.acme.add_member(make_user(), Role.VIEWER)
        # Session, person, organization with role; their number, the page; invitations; organizations.
        with django_assert_num_queries(8):
            alice.get(MEMBERS)


def test_managers_are_offered_what_they_may_do(cast, browser):
    def offers(person):
        return browser(person).get(MEMBERS).content.decode().count(">Change<")

    assert [offers(person) for person in (cast.alice, cast.bob, cast.carol, cast.dave)] == [4, 3, 0, 0]
    assert "Invite somebody" in browser(cast.bob).get(MEMBERS).content.decode()
    assert "Invite somebody" not in browser(cast.carol).get(MEMBERS).content.decode()
