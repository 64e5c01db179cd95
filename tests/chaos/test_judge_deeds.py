"""What a kill test takes for possible, by the answers that people got."""

import pytest

from bench.chaos.ledger import ABSENT, Outcome, Thing
from bench.chaos.proof.deeds import judge


@pytest.fixture
def task():
    return Thing("task", "acme", "carol", "0123")


def test_it_works(task):
    task.tell(Outcome.DONE, ("open", "new"))
    assert not judge(task, ["open|new"])
    assert judge(task, []) == ["task 0123 of carol is None, and should be open|new"]
    assert judge(task, ["done|new"])
    assert judge(task, ["open|new", "open|new"]) == ["task 0123 of carol is there 2 times"]


def test_what_was_refused_has_not_happened(task):
    task.tell(Outcome.REFUSED, ("open", "new"))
    assert not judge(task, [])
    assert judge(task, ["open|new"])


def test_without_an_answer_both_are_right_and_nobody_touches_it_again(task):
    task.tell(Outcome.DONE, ("open", "new"))
    task.tell(Outcome.UNCLEAR, ABSENT)
    assert not judge(task, ["open|new"])
    assert not judge(task, [])
    assert judge(task, ["done|new"])
    assert not task.is_there
