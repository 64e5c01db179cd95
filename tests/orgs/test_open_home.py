from tests.cast import make_org, make_user


def test_it_works(cast, browser):
    assert browser(cast.carol).get("/").headers["Location"] == "/orgs/acme/tasks/"


def test_who_has_several_organizations_chooses(cast, browser):
    make_org("Beta", viewer=cast.carol)
    page = browser(cast.carol).get("/")
    assert page.status_code == 200
    for link in ('href="/orgs/acme/tasks/">Acme<', 'href="/orgs/beta/tasks/">Beta<'):
        assert link in page.content.decode()
    assert "Elsewhere" not in page.content.decode()


def test_who_has_none_is_told_how_to_get_in(cast, browser):
    page = browser(make_user("Erin")).get("/").content.decode()
    assert "You are in no organization yet" in page
    assert "erin@acme.test" in page


def test_whoever_is_signed_out_signs_in(client, cast):
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"
