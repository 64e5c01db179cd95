import datetime

from django.utils import timezone

from exports.models import ExportJob
from orgs.models import Status
from tests.articles.builders import make_article
from tests.cast import make_org, make_task, make_user


def day(days):
    return timezone.localdate() + datetime.timedelta(days=days)


def text(page):
    return page.content.decode()


def test_it_works(cast, carol):
    make_task(cast.acme, "Feed the hens", assigned_to=cast.carol, due_date=day(0))
    make_article(cast.acme, cast.bob, "Our plan")
    export = ExportJob.start(cast.acme, cast.carol)
    page = carol.get("/")
    assert page.status_code == 200
    for words in ("Feed the hens", "Our plan", export.download_name, 'href="/orgs/acme/tasks/">Acme<'):
        assert words in text(page)


def test_tasks_stand_below_when_they_are_due(cast, carol):
    for title, due in [("Late", day(-3)), ("Now", day(0)), ("Soon", day(6)), ("Later", day(7)), ("Some day", None)]:
        make_task(cast.acme, title, assigned_to=cast.carol, due_date=due)
    make_task(cast.acme, "Somebody else's", assigned_to=cast.bob, due_date=day(0))
    make_task(cast.acme, "Finished", assigned_to=cast.carol, due_date=day(0), status=Status.DONE)
    page = text(carol.get("/"))
    places = [page.index(words) for words in ("Overdue", ">Late<", "Today", ">Now<", "This week", ">Soon<")]
    assert places == sorted(places)
    for words in ("Later", "Some day", "Somebody else", "Finished"):
        assert words not in page


def test_a_task_is_completed_from_there(cast, carol):
    task = make_task(cast.acme, "Feed the hens", assigned_to=cast.carol, due_date=day(0))
    where = f"/orgs/acme/tasks/{task.pk}/complete/"
    assert where in text(carol.get("/"))
    page = carol.post(where, {"next": "/"}, follow=True)
    assert page.redirect_chain == [("/", 302)]
    assert "“Feed the hens” is done." in text(page)
    assert "Nothing is due this week" in text(page)


def test_more_than_fit_are_a_page_away(cast, carol):
    for number in range(6):
        make_task(cast.acme, f"Late {number}", assigned_to=cast.carol, due_date=day(number - 20))
    page = text(carol.get("/"))
    assert "Late 4" in page
    assert "Late 5" not in page
    assert '<a href="/tasks/mine/">Show all</a>' in page


def test_only_the_own_organizations_are_read(cast, carol):
    make_task(cast.elsewhere, "A secret task", assigned_to=cast.carol, due_date=day(0))
    make_article(cast.elsewhere, cast.mallory, "A secret article")
    cast.elsewhere.add_member(cast.carol, "member")
    ExportJob.start(cast.elsewhere, cast.carol)
    assert "secret" in text(carol.get("/"))
    cast.elsewhere.memberships.get(user=cast.carol).remove()
    page = text(carol.get("/"))
    assert "secret" not in page
    assert "elsewhere" not in page


def test_articles_that_are_not_published_are_not_shown(cast, browser):
    make_article(cast.acme, cast.bob, "A draft", status="draft")
    assert "A draft" not in text(browser(cast.alice).get("/"))


def test_exports_of_others_are_not_shown(cast, carol):
    ExportJob.start(cast.acme, cast.bob)
    assert "No exports yet" in text(carol.get("/"))


def test_a_running_export_comes_first_and_is_followed(cast, carol):
    running, newer = (ExportJob.start(cast.acme, cast.carol) for _ in range(2))
    ExportJob.objects.filter(pk=newer.pk).update(status="cancelled")
    page = text(carol.get("/"))
    assert page.index(f"row-{running.pk}") < page.index(f"row-{newer.pk}")
    assert 'hx-get="/"' in page
    assert "every 1s" in page
    ExportJob.objects.filter(pk=running.pk).update(status="cancelled")
    assert "every 1s" not in text(carol.get("/"))  # nothing to wait for


def test_an_empty_home_says_what_to_do_first(cast, carol, browser):
    page = text(carol.get("/"))
    for words in ("Nothing is due this week", "No exports yet", "Nothing to read yet"):
        assert words in page
    for link in ("/orgs/acme/tasks/?assigned_to=none", "/orgs/acme/tasks/exports/new/", "/orgs/acme/articles/new/"):
        assert link in page
    viewer = text(browser(cast.dave).get("/"))
    assert "Choose some" not in viewer
    assert "/exports/new/" not in viewer
    assert "/articles/new/" not in viewer


def test_a_viewer_is_not_offered_to_complete(cast, browser):
    make_task(cast.acme, "Feed the hens", assigned_to=cast.dave, due_date=day(0))
    page = text(browser(cast.dave).get("/"))
    assert "Feed the hens" in page
    assert "/complete/" not in page


def test_all_organizations_are_there(cast, carol):
    make_org("Beta", viewer=cast.carol)
    page = text(carol.get("/"))
    for link in ('href="/orgs/acme/tasks/">Acme<', 'href="/orgs/beta/tasks/">Beta<'):
        assert link in page
    assert "Elsewhere" not in page


def test_who_has_none_is_told_how_to_get_in(cast, browser):
    page = text(browser(make_user("Erin")).get("/"))
    assert "You are in no organization yet" in page
    assert "erin@acme.test" in page


def test_whoever_is_signed_out_signs_in(client, cast):
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"


def test_the_number_of_queries_is_fixed(cast, carol, django_assert_num_queries):
    for round_of_more in range(2):
        for number in range(3):
            organization = make_org(member=cast.carol)
            make_task(organization, assigned_to=cast.carol, due_date=day(number - 1))
            make_article(organization, cast.carol, f"Article {round_of_more} {number}")
            ExportJob.objects.create(organization=organization, requested_by=cast.carol)
        # Session, person, memberships; three groups of tasks; exports; articles; organizations to switch to.
        with django_assert_num_queries(9):
            assert carol.get("/").status_code == 200
