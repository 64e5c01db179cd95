"""Who did what in an organization: what is written down, and who reads it how."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orgs.models import AuditEntry, Role
from realtime.models import Event
from tests.cast import make_user
from tests.plans import explain

LOG = "/orgs/acme/audit/"


def actions(page):
    return [
        (entry.actor_name.split()[0], entry.action, entry.target.split()[0]) for entry in page.context["page"].items
    ]


@pytest.fixture
def alice(cast, browser):
    return browser(cast.alice)


@pytest.fixture
def make_entries(cast):
    def make(count, actor=None, action="downloaded"):
        now = timezone.now()
        AuditEntry.objects.bulk_create(
            AuditEntry(
                actor=actor,
                actor_name=AuditEntry.name_of(actor) if actor else "Roost",
                organization=cast.acme,
                action=action,
                target=f"file-{number:03}",
                at=now + timedelta(seconds=number),
            )
            for number in range(count)
        )

    return make


def test_it_works(cast, browser, alice):
    carol, dave = (cast.acme.memberships.get(user=person) for person in (cast.carol, cast.dave))
    alice.post(f"/orgs/acme/members/{carol.pk}/", {"role": "admin"})
    alice.post(f"/orgs/acme/members/{dave.pk}/remove/")
    browser(cast.bob).post("/orgs/acme/members/leave/")
    cast.acme.add_member(make_user("Erin"), Role.VIEWER)
    AuditEntry.note(cast.mallory, "removed", "Victor", organization=cast.elsewhere)
    page = alice.get(LOG)
    assert actions(page) == [
        ("Roost", "added", "Erin"),
        ("Bob", "left", "Bob"),
        ("Alice", "removed", "Dave"),
        ("Alice", "changed role", "Carol"),
    ]
    text = page.content.decode()
    assert "member → admin" in text
    assert "role: viewer" in text
    assert "Victor" not in text
    assert [event.kind for event in Event.objects.all()] == ["member.changed"] * 4


def test_what_is_refused_is_not_written_down(cast, alice):
    mine = cast.acme.memberships.get(user=cast.alice)
    alice.post(f"/orgs/acme/members/{mine.pk}/", {"role": "viewer"})
    alice.post("/orgs/acme/members/leave/")
    alice.post(f"/orgs/acme/members/{mine.pk}/", {"role": "owner"})  # which it is
    assert not AuditEntry.objects.exists()
    assert not Event.objects.exists()


def test_owners_and_admins_read_it(cast, browser):
    people = (cast.alice, cast.bob, cast.carol, cast.dave, cast.mallory)
    assert [browser(person).get(LOG).status_code for person in people] == [200, 200, 403, 403, 404]
    assert LOG in browser(cast.bob).get("/orgs/acme/members/").content.decode()
    assert LOG not in browser(cast.carol).get("/orgs/acme/members/").content.decode()


def test_nothing_yet_is_said(alice):
    assert "Nothing has happened yet" in alice.get(LOG).content.decode()


def test_pages_follow_each_other(alice, make_entries):
    make_entries(120)
    seen, query = [], ""
    while query is not None:
        page = alice.get(f"{LOG}?{query}").context["page"]
        seen += [entry.target for entry in page.items]
        query = page.next_query or None
    assert seen == [f"file-{number:03}" for number in reversed(range(120))]
    back = alice.get(f"{LOG}?{page.previous_query}").context["page"]
    assert [entry.target for entry in back.items] == seen[50:100]


def test_it_is_filtered_by_person_and_action(cast, alice, make_entries):
    make_entries(3, cast.bob)
    make_entries(2, cast.carol)
    make_entries(1, cast.carol, "exported")
    for query, number in ((f"person={cast.carol.pk}", 3), ("action=downloaded", 5), ("action=joined", 0)):
        assert len(actions(alice.get(f"{LOG}?{query}"))) == number
    both = alice.get(f"{LOG}?person={cast.carol.pk}&action=exported")
    assert [who for who, *_ in actions(both)] == ["Carol"]
    assert "Nothing passes these filters" in alice.get(f"{LOG}?action=joined").content.decode()


def test_who_has_left_can_be_asked_for(cast, alice, make_entries):
    make_entries(1, cast.bob)
    cast.acme.memberships.get(user=cast.bob).remove()
    page = alice.get(f"{LOG}?person={cast.bob.pk}")
    assert len(actions(page)) == 1
    assert f'<option value="{cast.bob.pk}" selected>Bob' in page.content.decode()


@pytest.mark.parametrize(
    "query",
    ["person=x", "person=0", "person=" + "9" * 18, "person=MALLORY", "action=king", "action=left&action=joined", "p=1"],
)
def test_what_is_wrong_is_refused(cast, alice, query):
    page = alice.get(f"{LOG}?{query.replace('MALLORY', str(cast.mallory.pk))}")
    assert page.status_code == 400
    assert "These filters cannot be used" in page.content.decode()
    assert "Mallory" not in page.content.decode()


@pytest.mark.parametrize("query", ["after=x", "before=x"])
def test_a_page_that_is_none_is_refused(alice, query):
    assert alice.get(f"{LOG}?{query}").status_code == 400


def test_the_number_of_queries_is_fixed(alice, make_entries, django_assert_num_queries):
    for count in (1, 60):
        make_entries(count)
        # Session, person, organization with role; the people of the filter, the entries; organizations.
        with django_assert_num_queries(7):
            alice.get(LOG)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plans are SQLite's")
def test_no_page_reads_or_sorts_the_whole_log(alice, make_entries):
    make_entries(60)
    following = alice.get(LOG).context["page"].next_query
    with CaptureQueriesContext(connection) as queries:
        alice.get(f"{LOG}?{following}")
    (sql,) = [query["sql"] for query in queries if "orgs_auditentry" in query["sql"]]
    plan = explain(sql)
    assert "(organization_id=? AND rowid<?)" in plan  # of either index that begins with the organization
    assert "TEMP B-TREE" not in plan


def test_what_people_wrote_is_no_markup(cast, alice):
    cast.bob.name = "<script>alert(1)</script>"
    cast.bob.save()
    AuditEntry.note(cast.bob, "exported", "x", organization=cast.acme, title="<b>", filters={"q": "<i>"})
    page = alice.get(LOG).content.decode()
    for markup in ("<script>alert", "<b>", "<i>"):
        assert markup not in page
    assert "q: &lt;i&gt;" in page
