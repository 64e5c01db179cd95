"""An action on many jobs that cannot be: the list says why, where one was."""

from urllib.parse import urlencode

import pytest

from tests.ops.screens import failed, operator_of, text_of
from tests.ops.test_act_on_jobs import ACT, fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(cast):
    return operator_of(cast.alice)


def test_it_works(operator):
    """Whoever has ticked nothing is told so where they were."""
    jobs = [failed() for _ in range(52)]
    first = operator.get("/ops/jobs/", {"status": "failed"})
    there = {"status": "failed", "after": first.context["page"].next}
    list_form = {**there, "action": "retry", "of": "ticked"}
    page = operator.get(ACT, list_form)
    words = text_of(page)
    assert (page.status_code, "Tick the jobs that are meant first." in words) == (400, True)
    assert [row["job"] for row in page.context["rows"]] == [jobs[1], jobs[0]]
    for name, value in there.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in words
    assert 'href="/ops/jobs/?status=failed' in words  # leads on in the list itself

    asked = operator.get(ACT, {**list_form, "job": jobs[0].label})
    assert asked.context["back"] == f"/ops/jobs/?{urlencode(there)}"
    answer = operator.post(ACT, {**fields(asked), **there})
    assert answer.headers["Location"] == asked.context["back"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("action=explode&of=all", "Select a valid choice."),
        ("of=all", "This field is required."),
        ("action=retry&of=ticked", "Tick the jobs that are meant first."),
        ("action=retry&of=ticked&job=x", "One of the ticked is no job."),
        ("action=retry&of=ticked&job=accounts.user:1", "One of the ticked is no job."),
        ("action=retry&of=ticked" + "&job=kinds.errand:1" * 51, "Not more than 50 jobs can be ticked"),
        ("action=retry&of=all&kind=x", "“kind” must be one of"),
        ("action=retry&of=all&colour=red", "“colour” is not a filter."),
        ("action=retry&of=all&as_of=yesterday", "Enter a valid date/time."),
        ("action=retry&of=all&as_of=0001-01-01T00:00%2B09:00", "Enter a valid date/time."),
    ],
)
def test_bad_wishes_are_refused_with_words(operator, query, words):
    answer = operator.get(f"{ACT}?{query}")
    assert answer.status_code == 400
    assert words in text_of(answer)
