"""The page, and dialog, that asks how to export, and starting from there."""

import pytest

from exports.columns import DEFAULT_COLUMNS
from exports.models import LIMIT, ExportJob
from tests.cast import make_task
from tests.exports.conftest import EXPORTS


def test_it_works(cast, browsing_carol):
    make_task(cast.acme, status="done")
    make_task(cast.acme)
    page = browsing_carol.get("new/", {"status": "done", "assigned_to": "none"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "<strong>1</strong> task</p>" in text
    for label, words in [("Status", "Done"), ("Assigned to", "Nobody")]:
        assert f"<dt>{label}</dt><dd>{words}</dd>" in text
    for name, value in [("status", "done"), ("assigned_to", "none")]:
        assert f'<input type="hidden" name="{name}" value="{value}">' in text
    ticked = [box for box in page.context["form"]["columns"] if box.data["selected"]]
    assert [box.data["value"] for box in ticked] == list(DEFAULT_COLUMNS)


def test_without_filters_it_is_about_all_tasks(cast, browsing_carol):
    for _ in range(2):
        make_task(cast.acme)
    assert "<strong>2</strong> tasks: all of Acme" in browsing_carol.get("new/").content.decode()


def test_what_the_address_asks_for_is_chosen(cast, browsing_carol):
    page = browsing_carol.get("new/", {"export_format": "jsonl", "columns": "title,due_date", "bom": "1"})
    form = page.context["form"]
    assert [box.data["value"] for box in form["columns"] if box.data["selected"]] == ["title", "due_date"]
    assert '<option value="jsonl" selected>' in page.content.decode()
    assert "checked" in str(form["bom"])


def test_me_is_whoever_looked(cast, browsing_carol, visit):
    page = browsing_carol.get("new/", {"assigned_to": "me"}).content.decode()
    assert "<dt>Assigned to</dt><dd>Carol</dd>" in page
    assert f'<input type="hidden" name="assigned_to" value="{cast.carol.pk}">' in page


def test_what_people_wrote_is_escaped(cast, browsing_carol):
    page = browsing_carol.get("new/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"status": "lost"}, "“status” must be one of: open, in_progress, done."),
        ({"assigned_to": "999"}, "“assigned_to” must be the id of a member, or one of: me, none."),
        ({"stauts": "open"}, "“stauts” is not a filter."),
    ],
)
def test_filters_that_cannot_be_are_explained_and_not_offered(browsing_carol, query, words):
    page = browsing_carol.get("new/", query)
    assert page.status_code == 400
    assert words in page.content.decode()
    assert "start/" not in page.content.decode()


def test_a_bad_format_is_said_at_its_field(browsing_carol):
    page = browsing_carol.get("new/", {"export_format": "pdf", "status": "open"})
    assert page.status_code == 400
    assert page.context["form"].errors.keys() == {"export_format"}
    assert '<input type="hidden" name="status" value="open">' in page.content.decode()


def test_the_form_leads_to_the_export(cast, browsing_carol):
    make_task(cast.acme, status="done")
    answer = browsing_carol.post("start/", {"status": "done", "export_format": "csv", "columns": ["", "id", "title"]})
    job = ExportJob.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{EXPORTS}{job.pk}/"
    assert (job.status, job.columns, job.filters) == ("done", ["id", "title"], {"status": "done"})


def test_a_column_must_be_ticked(browsing_carol):
    page = browsing_carol.post("start/", {"status": "open", "export_format": "xlsx", "columns": ""})
    assert page.status_code == 400
    assert page.context["form"].errors.keys() == {"columns"}
    assert "Choose at least one column" in page.content.decode()
    # What else was chosen is kept.
    assert '<option value="xlsx" selected>' in page.content.decode()
    assert '<input type="hidden" name="status" value="open">' in page.content.decode()


@pytest.mark.parametrize("person", ["bob", "carol"])
def test_one_too_many_shows_the_list(cast, visit, make_exports, no_worker, person):
    make_exports(60)
    for _ in range(LIMIT):
        ExportJob.start(cast.acme, getattr(cast, person))
    visitor = visit(getattr(cast, person), "text/html")
    page = visitor.post("start/?after=somewhere")
    text = page.content.decode()
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "You have 3 unfinished exports" in text
    assert text.count("/cancel/") == LIMIT
    # What the page links to and renews itself from are addresses that can be opened.
    assert f'hx-get="http://testserver{EXPORTS}"' in text
    if person == "bob":
        older = page.context["next"]
        assert f'href="{older}"' in text
        assert visitor.client.get(older).status_code == 200


def test_a_program_gets_the_number_of_rows(cast, carol):
    make_task(cast.acme, status="done")
    make_task(cast.acme)
    assert carol.get("new/", {"status": "done"}).json() == {"rows": 1}
    assert carol.get("new/", {"status": "lost"}).json()["fields"].keys() == {"status"}


@pytest.mark.parametrize(("person", "status"), [("dave", 403), ("mallory", 404)])
def test_others_may_not(cast, visit, person, status):
    assert visit(getattr(cast, person), "text/html").get("new/").status_code == status
