"""The audit log, its filters and its pages."""

import pytest
from django.db import connection

from orgs import newest
from orgs.models import AuditEntry
from orgs.models.audit import ACTIONS_IN_USE
from tests.ops.screens import failed, text_of

pytestmark = pytest.mark.django_db

LOG = "/ops/audit/"


@pytest.fixture
def entries(cast):
    job = failed()
    return [
        AuditEntry.note(cast.alice, "paused", "queue emails"),
        AuditEntry.note(cast.bob, "retried", job.label, organization=cast.acme, title="An errand"),
        AuditEntry.note(None, "retried", "12 exports", filter={"status": "failed"}),
    ]


def shown(page):
    return [entry for entry, *_ in page.context["rows"]]


def test_it_works(operator, entries):
    page = operator.get(LOG)
    assert shown(page) == entries[::-1]
    words = text_of(page)
    for expected in (
        "queue emails",
        "Alice &lt;alice@acme.test&gt;",
        "An errand</a>",
        "Roost",
        "filter: status failed",
        "12 exports",
    ):
        assert expected in words
    assert "title: An errand" not in words
    assert f'href="/ops/jobs/kinds.errand/{entries[1].target.partition(":")[2]}/"' in words


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ({"person": "bob@acme.test"}, [1]),
        ({"action": "retried"}, [2, 1]),
        ({"organization": "acme"}, [1]),
        ({"action": "retried", "person": "alice@acme.test"}, []),
    ],
)
def test_filters(operator, entries, query, which):
    page = operator.get(LOG, query)
    assert shown(page) == [entries[number] for number in which]
    assert ("No entry matches" in text_of(page)) == (not which)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"person": "x"}, "Nobody has this e-mail address."),
        ({"organization": "x"}, "There is no organization with this short name."),
        ({"colour": "red"}, "“colour” is not a filter."),
        ({"before": "x"}, "must be a number from this list"),
    ],
)
def test_bad_filters_are_refused_with_words(operator, query, words):
    answer = operator.get(LOG, query)
    assert answer.status_code == 400
    assert words in text_of(answer)


def test_pages(operator, entries, monkeypatch):
    monkeypatch.setattr(newest, "PAGE", 1)
    first = operator.get(LOG, {"action": "retried"})
    second = operator.get(LOG + first.context["older"])
    assert (shown(first), shown(second)) == ([entries[2]], [entries[1]])
    assert second.context["older"] is None
    assert shown(operator.get(LOG + second.context["newer"])) == [entries[2]]


def test_before_anything_was_done_it_says_so(operator):
    assert "Nobody has done anything yet" in text_of(operator.get(LOG))


def test_what_people_wrote_is_text(operator, cast):
    AuditEntry.note(cast.bob, "retried", "<script>x</script>", note="<script>y</script>")
    assert "<script>x" not in operator.get(LOG).content.decode()
    assert "<script>y" not in operator.get(LOG).content.decode()


def test_it_takes_few_queries(operator, entries, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        operator.get(LOG)


def test_the_filter_suggests_what_has_been_done_and_reads_little_for_it(operator, cast):
    for action in ("retried", "cancelled", "paused") * 4:
        AuditEntry.note(cast.alice, action, "emails")
    assert AuditEntry.actions_in_use(50) == ["cancelled", "paused", "retried"]
    assert AuditEntry.actions_in_use(2) == ["cancelled", "paused"]
    page = operator.get("/ops/audit/").content.decode()
    assert page.count('<option value="paused">') == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {ACTIONS_IN_USE}", [50])
            plan = [step for *_, step in cursor.fetchall()]
        reads = [step for step in plan if "orgs_auditentry" in step]
        assert reads
        assert all(step.startswith("SEARCH") and "COVERING INDEX orgs_audit_action" in step for step in reads)


def test_nothing_done_nothing_suggested(db):
    assert AuditEntry.actions_in_use(50) == []
