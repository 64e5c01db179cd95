import pytest

from orgs.models import Role
from tests.cast import make_user

ADD = "/orgs/acme/members/add/"


@pytest.fixture
def bob(cast, browser):
    return browser(cast.bob)


@pytest.fixture
def erin(cast):
    return make_user("Erin")


def test_it_works(cast, bob, erin):
    page = bob.post(ADD, {"email": "Erin@ACME.test", "role": "viewer"}, follow=True)
    assert page.redirect_chain == [("/orgs/acme/members/", 302)]
    assert "Erin is a member now." in page.content.decode()
    assert cast.acme.role_of(erin) == Role.VIEWER


def test_a_member_keeps_the_role_that_they_have(cast, bob):
    page = bob.post(ADD, {"email": cast.alice.email, "role": "viewer"}, follow=True)
    assert "Alice is a member already." in page.content.decode()
    assert cast.acme.role_of(cast.alice) == Role.OWNER


def test_an_unknown_an_inactive_and_an_unproven_address_get_the_same_answer(cast, bob, erin):
    erin.is_active = False
    erin.save()
    unproven = make_user("Uma")
    unproven.emailaddress_set.update(verified=False)
    answers = []
    for email in ("nobody@acme.test", erin.email, unproven.email):
        page = bob.post(ADD, {"email": email, "role": "member"})
        answers.append(page.context["form"].errors["email"])
        assert page.context["form"].data["email"] == email
    assert answers == [["There is no account with this e-mail address that could be added."]] * 3
    assert cast.acme.memberships.count() == 4


def test_only_owners_make_owners(cast, browser, bob, erin):
    new = {"email": erin.email, "role": "owner"}
    assert bob.post(ADD, new).context["form"].errors.keys() == {"role"}
    assert cast.acme.role_of(erin) is None
    browser(cast.alice).post(ADD, new)
    assert cast.acme.role_of(erin) == Role.OWNER


@pytest.mark.parametrize(
    ("field", "value"), [("email", ""), ("email", "erin"), ("email", "nul\0@acme.test"), ("role", ""), ("role", "king")]
)
def test_what_is_wrong_is_said_at_its_field(cast, bob, erin, field, value):
    page = bob.post(ADD, {"email": erin.email, "role": "member", field: value})
    assert page.context["form"].errors.keys() == {field}
    assert 'aria-invalid="true"' in page.content.decode()
    assert cast.acme.role_of(erin) is None


def test_members_and_strangers_may_not(cast, browser, erin):
    new = {"email": erin.email, "role": "member"}
    assert [browser(person).post(ADD, new).status_code for person in (cast.carol, cast.dave, cast.mallory)] == [
        403,
        403,
        404,
    ]
    assert cast.acme.role_of(erin) is None
