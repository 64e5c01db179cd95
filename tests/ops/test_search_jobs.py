"""Searching the list of all jobs, which may take longer than a page should."""

import itertools
from types import SimpleNamespace

import pytest

from ops.joblist import listing
from tests.kinds.models import Errand, Note
from tests.ops.screens import keys, text_of, walk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("immediate_queues")]

JOBS = "/ops/jobs/"


@pytest.mark.parametrize("stretch", [1, 3, 1000])
def test_a_search_finds_all_stretch_by_stretch(many, monkeypatch, stretch):
    monkeypatch.setattr(listing, "STRETCH", stretch)
    monkeypatch.setattr(listing, "LONGEST_STRETCH", 2 * stretch)
    Note.objects.update(error="lost hens")
    pages, back = walk({"q": "HENS"})
    assert keys(pages) == [row for row in many if row[1] == "kinds.note"]
    assert set(keys(back)) == set(keys(pages))


def test_a_search_whose_time_is_over_says_so_and_goes_on(operator, many, monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(listing, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(listing, "STRETCH", 2)
    Errand.objects.filter(pk=Errand.objects.earliest("created_at").pk).update(error="the last hen")
    page = operator.get(JOBS, {"q": "hen"})
    assert "Nothing found so far" in text_of(page)
    for _ in range(60):
        after = page.context["page"].next
        if "the last hen" in text_of(page):
            break
        page = operator.get(JOBS, {"q": "hen", "after": after})
    assert "the last hen" in text_of(page)
    assert "The search has come back to" in text_of(page)
    assert "Nothing further found" in text_of(operator.get(JOBS, {"q": "hen", "after": page.context["page"].next}))


def test_a_search_that_gets_nowhere_says_what_to_do(operator, many, monkeypatch):
    monkeypatch.setattr(listing, "SEARCH_SECONDS", 0)
    answer = operator.get(JOBS, {"q": "hen"})
    assert answer.status_code == 400
    assert "This search takes too long. Choose a kind, a status or a time as well." in text_of(answer)
