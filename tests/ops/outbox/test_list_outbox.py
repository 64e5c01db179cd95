"""The list of the outbox: its filters, which stand in the address, and its pages."""

import re

import pytest

from mail.models import Email
from tests.kinds.mail import FLEETING, NOTICE
from tests.mail.letters import write
from tests.ops.outbox.pages import PAGES, page

pytestmark = pytest.mark.django_db


def shown(client, **query):
    """The subjects on the page."""
    return [email.subject for email in client.get(PAGES, query).context["page"].items]


# ---- filters


@pytest.fixture
def three(use):
    use("")
    write(subject="Über Äpfel", to="Carol@acme.test")
    write(subject="50% off", to="dave@acme.test", kind=NOTICE)
    Email.objects.filter(pk=write(subject="Gone", kind=FLEETING).pk).update(status="done")


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ({}, ["Gone", "50% off", "Über Äpfel"]),
        ({"status": "pending"}, ["50% off", "Über Äpfel"]),
        ({"status": "done"}, ["Gone"]),
        ({"kind": NOTICE.name}, ["50% off"]),
        ({"recipient": "carol@ACME.test"}, ["Gone", "Über Äpfel"]),
        ({"recipient": "carol@acme.test", "status": "done"}, ["Gone"]),
        ({"q": "äPFEL"}, ["Über Äpfel"]),
        ({"q": "%"}, ["50% off"]),
        ({"status": "failed"}, []),
    ],
)
@pytest.mark.usefixtures("three")
def test_filters_stand_in_the_address(operator, query, subjects):
    assert shown(operator, **query) == subjects


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=lost", "“status” must be one of: pending, running, done, failed, cancelled, uncertain."),
        ("kind=spam", "“kind” must be one of:"),
        ("recipient=carol", "Write the whole address"),
        ("color=red", "“color” is not a filter."),
        ("status=failed&status=done", "“status” may be given only once."),
        (f"q={'x' * 201}", "at most 200 characters"),
        ("q=%00", "Null characters are not allowed"),
    ],
)
def test_a_bad_filter_is_told_in_words(operator, query, words):
    answer = operator.get(f"{PAGES}?{query}")
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert operator.post(f"{PAGES}drop/?{query}").status_code == 400


@pytest.mark.parametrize("before", ["x' OR 1", "-1", "9" * 5000, "٣"])
def test_a_page_that_is_none(operator, before):
    assert operator.get(PAGES, {"before": before}).status_code == 400


# ---- pages


def follow(client, rel, answer):
    """The page behind the link `rel` of another."""
    return client.get(
        PAGES + re.search(rf'rel="{rel}" href="([^"]*)"', answer.content.decode())[1].replace("&amp;", "&")
    )


def test_it_is_read_page_by_page_there_and_back(operator, use):
    use("")
    emails = [write() for _ in range(51)]
    first = operator.get(PAGES, {"status": "pending"})
    assert len(first.context["page"].items) == 50
    second = follow(operator, "next", first)
    assert second.context["page"].items == emails[:1]
    assert follow(operator, "prev", second).context["page"].items == emails[:0:-1]


def test_a_search_among_very_many_goes_on_where_it_stopped(operator, use, monkeypatch):
    monkeypatch.setattr("orgs.paging.STRETCH", 10)
    use("")
    wanted = write(subject="A needle")
    for _ in range(14):
        write()
    first = operator.get(PAGES, {"q": "needle"})
    assert "Nothing found so far" in first.content.decode()
    second = follow(operator, "next", first)
    assert second.context["page"].items == [wanted]
    assert not second.context["page"].unfinished


def test_a_page_costs_a_fixed_number_of_queries(operator, use, django_assert_max_num_queries):
    use("")
    for _ in range(20):
        write()
    with django_assert_max_num_queries(7):
        page(operator)


def test_an_empty_outbox_and_one_without_a_match(operator):
    assert "No e-mails yet" in page(operator)
    assert "No e-mail matches" in page(operator, status="failed")
