"""The pages of recurring exports, and who may do what on them."""

import pytest
from django.test import Client

from exports.models import LIMIT, ExportJob
from exports.saved import SavedExport
from orgs.models import Role
from tests.exports.builders import make_saved_export

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_worker")]

PAGES = "/orgs/acme/tasks/exports/recurring/"
FORM = {"name": "Open tasks", "frequency": "weekly", "weekday": "5", "month_day": "31", "hour": "17"}


def browser(user):
    client = Client(headers={"accept": "text/html"})
    client.force_login(user)
    return client


def test_it_works(cast):
    carol = browser(cast.carol)
    page = carol.post(
        f"{PAGES}new/", {**FORM, "status": "open", "assigned_to": "me", "columns": ["id", "title"]}, follow=True
    )
    saved = SavedExport.objects.get()
    assert (saved.organization, saved.requested_by, saved.name) == (cast.acme, cast.carol, "Open tasks")
    assert saved.filters == {"status": "open", "assigned_to": cast.carol.pk}
    assert (saved.columns, saved.export_format, saved.bom) == (["id", "title"], "csv", False)
    assert (saved.frequency, saved.weekday, saved.month_day, saved.hour) == ("weekly", 5, 31, 17)
    content = page.content.decode()
    assert "“Open tasks” is saved." in content
    assert "Every Friday at 17:00" in content


def test_the_page_of_an_export_leads_on_with_what_was_chosen_there(cast):
    carol = browser(cast.carol)
    page = carol.get("/orgs/acme/tasks/exports/new/?status=open").content.decode()
    assert f'formaction="{PAGES}new/"' in page
    answer = carol.post(
        f"{PAGES}new/", {"status": "open", "export_format": "xlsx", "columns": ["title"], "notify": "on"}
    )
    assert answer.context["tasks"]["status"].value() == "open"
    assert answer.context["form"]["export_format"].value() == "xlsx"
    assert answer.context["form"]["columns"].value() == ["title"]
    assert not answer.context["form"].errors
    assert not SavedExport.objects.exists()


def test_a_link_does_not_save(cast):
    answer = browser(cast.carol).get(f"{PAGES}new/", FORM)
    assert answer.status_code == 200
    assert not SavedExport.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "a\u202eb"}, "A name cannot contain control characters."),
        ({"frequency": "hourly"}, "Select a valid choice"),
        ({"weekday": "8"}, "Select a valid choice"),
        ({"month_day": "29"}, "Select a valid choice"),
        ({"hour": "24"}, "Select a valid choice"),
        ({"columns": ["secret"]}, "“columns” may hold"),
        ({"status": "lost"}, "“status” must be one of"),
        ({"colour": "red"}, "“colour” is not a filter"),
    ],
)
def test_what_does_not_fit_is_said_and_not_saved(cast, changes, words):
    page = browser(cast.carol).post(f"{PAGES}new/", {**FORM, **changes})
    assert words in page.content.decode()
    assert not SavedExport.objects.exists()


def test_a_form_without_a_tick_is_not_one_that_leaves_the_columns_open(cast):
    carol = browser(cast.carol)
    shown = carol.get(f"{PAGES}new/").content.decode()
    assert '<input type="hidden" name="columns" value="">' in shown
    page = carol.post(f"{PAGES}new/", {**FORM, "columns": ""})
    assert "Choose at least one column" in page.content.decode()
    assert not SavedExport.objects.exists()


def test_it_is_edited_and_stays_the_persons_own(cast):
    saved = make_saved_export(cast.acme, cast.carol, filters={"status": "open"})
    bob = browser(cast.bob)
    assert bob.get(f"{PAGES}{saved.pk}/").context["tasks"]["status"].value() == "open"
    bob.post(f"{PAGES}{saved.pk}/", {**FORM, "priority": "1", "assigned_to": "me"})
    saved.refresh_from_db()
    assert (saved.name, saved.requested_by) == ("Open tasks", cast.carol)
    assert saved.filters == {"priority": 1, "assigned_to": cast.carol.pk}


def test_pause_and_resume(cast):
    saved = make_saved_export(cast.acme, cast.carol)
    carol = browser(cast.carol)
    assert "Paused" in carol.post(f"{PAGES}{saved.pk}/pause/", follow=True).content.decode()
    saved.refresh_from_db()
    assert saved.paused
    carol.post(f"{PAGES}{saved.pk}/resume/")
    saved.refresh_from_db()
    assert not saved.paused


def test_the_reason_of_a_pause_is_shown_until_it_is_gone(cast):
    saved = make_saved_export(cast.acme, cast.carol)
    cast.acme.memberships.get(user=cast.carol).change_role(Role.VIEWER)
    saved.open_slot(saved.next_slot)
    words = "Carol may no longer export this organization&#x27;s tasks."
    bob, carol = browser(cast.bob), browser(cast.carol)
    assert words in carol.get(PAGES).content.decode()
    for action in "resume", "run":
        assert words in bob.post(f"{PAGES}{saved.pk}/{action}/", follow=True).content.decode()
    assert not ExportJob.objects.exists()
    cast.acme.memberships.get(user=cast.carol).change_role(Role.MEMBER)
    bob.post(f"{PAGES}{saved.pk}/resume/")
    saved.refresh_from_db()
    assert (saved.paused, saved.paused_because) == (False, "")
    assert words not in carol.get(PAGES).content.decode()


def test_run_now_leads_to_the_export(cast):
    saved = make_saved_export(cast.acme, cast.carol)
    before = saved.next_slot
    answer = browser(cast.bob).post(f"{PAGES}{saved.pk}/run/")
    job = ExportJob.objects.get()
    assert answer.headers["Location"] == f"/orgs/acme/tasks/exports/{job.pk}/"
    assert (job.saved_export, job.requested_by, job.notify) == (saved, cast.carol, True)
    saved.refresh_from_db()
    assert saved.next_slot == before


def test_run_now_keeps_to_the_limit(cast):
    saved = make_saved_export(cast.acme, cast.carol)
    carol = browser(cast.carol)
    for _ in range(LIMIT):
        carol.post(f"{PAGES}{saved.pk}/run/")
    page = carol.post(f"{PAGES}{saved.pk}/run/", follow=True)
    assert "3 unfinished exports" in page.content.decode()
    assert ExportJob.objects.count() == LIMIT


def test_delete_asks_first(cast):
    saved = make_saved_export(cast.acme, cast.carol)
    carol = browser(cast.carol)
    assert "Delete “Report”?" in carol.get(f"{PAGES}{saved.pk}/delete/").content.decode()
    assert SavedExport.objects.exists()
    assert "“Report” is deleted." in carol.post(f"{PAGES}{saved.pk}/delete/", follow=True).content.decode()
    assert not SavedExport.objects.exists()


def test_members_see_their_own_and_managers_all(cast):
    cast.dave.memberships.get().change_role(Role.MEMBER)
    make_saved_export(cast.acme, cast.carol, "Of Carol")
    of_dave = make_saved_export(cast.acme, cast.dave, "Of Dave")
    page = browser(cast.carol).get(PAGES).content.decode()
    assert "Of Carol" in page
    assert "Of Dave" not in page
    page = browser(cast.alice).get(PAGES).content.decode()
    assert "Of Carol" in page
    assert "Of Dave" in page
    for path in "", "delete/", "pause/", "resume/", "run/":
        assert browser(cast.carol).post(f"{PAGES}{of_dave.pk}/{path}").status_code == 404


def test_nobody_has_too_many(cast, monkeypatch):
    monkeypatch.setattr("exports.saved.SAVED_LIMIT", 1)
    make_saved_export(cast.acme, cast.alice)
    carol = browser(cast.carol)
    carol.post(f"{PAGES}new/", FORM)
    assert "as many as one may have" in carol.post(f"{PAGES}new/", FORM, follow=True).content.decode()
    assert cast.carol.saved_exports.count() == 1


def test_two_requests_at_once_do_not_slip_through(cast, monkeypatch, meanwhile):
    monkeypatch.setattr("exports.saved.SAVED_LIMIT", 1)
    with meanwhile(lambda: make_saved_export(cast.acme, cast.carol), before="SAVEPOINT"):
        page = browser(cast.carol).post(f"{PAGES}new/", FORM, follow=True)
    assert "as many as one may have" in page.content.decode()
    assert cast.carol.saved_exports.count() == 1


@pytest.mark.parametrize(
    ("path", "before"), [("", "UPDATE"), ("pause/", "UPDATE"), ("resume/", "UPDATE"), ("run/", "SAVEPOINT")]
)
def test_what_is_deleted_meanwhile_is_not_found(cast, meanwhile, path, before):
    recurring = make_saved_export(cast.acme, cast.carol)
    with meanwhile(SavedExport.objects.filter(pk=recurring.pk).delete, before=before):
        assert browser(cast.carol).post(f"{PAGES}{recurring.pk}/{path}", FORM).status_code == 404
    assert not SavedExport.objects.exists()
    assert not ExportJob.objects.exists()


def test_the_list_costs_a_fixed_number_of_queries(cast, django_assert_max_num_queries):
    for number in range(10):
        make_saved_export(cast.acme, cast.carol, f"Report {number}").run_slot(cast.carol.date_joined, None, missed=0)
    alice = browser(cast.alice)
    with django_assert_max_num_queries(6):  # one of them counts the comments that wait, for the header
        assert alice.get(PAGES).content.decode().count("Waiting") == 10


def test_an_empty_list_says_what_it_is_for(cast):
    assert "No recurring exports yet" in browser(cast.carol).get(PAGES).content.decode()
    assert "Viewers cannot export." in browser(cast.dave).get(PAGES).content.decode()
