"""What a kill test says of jobs and their attempts."""

import pytest

from bench.chaos.proof.jobs import judge, stuck
from bench.chaos.report import STORY, story


def job(status="done", attempt=1, error=""):
    return {"id": 1, "status": status, "attempt": attempt, "error": error, "run_after": "…", "lease_until": None}


def attempts(*outcomes, length=1):
    """Attempts one after the other, of a second each; `length` says otherwise of the first one."""
    return [
        {
            "number": number,
            "outcome": outcome,
            "started_at": f"2026-03-01 12:00:{2 * number:02}",
            "ended_at": f"2026-03-01 12:00:{2 * number + (length if number == 1 else 1):02}.500000",
        }
        for number, outcome in enumerate(outcomes, 1)
    ]


def wrong(job, attempts, happened=(), kind="exports.exportjob"):
    return judge(kind, job, attempts, set(happened))


def test_it_works():
    assert not wrong(job(), attempts("done"))
    assert not wrong(job(attempt=3), attempts("died", "interrupted", "done"))
    assert not wrong(job("cancelled", attempt=0), [])
    assert not wrong(job("cancelled", attempt=1), attempts("died"))


@pytest.mark.parametrize("status", ["pending", "running"])
def test_one_that_has_not_ended_is_stuck(status):
    assert "is stuck" in wrong(job(status), attempts("died"))[0]


@pytest.mark.parametrize(
    ("status", "claims", "outcomes"),
    [
        ("done", 2, ["done"]),  # an attempt without a note
        ("done", 1, ["died", "done"]),  # a note without a claim
        ("done", 1, ["died"]),  # nobody has finished it
        ("done", 2, ["done", "done"]),  # finished twice
        ("failed", 2, ["done", "failed"]),  # and that after it was done
    ],
)
def test_a_history_that_does_not_fit_is_told(status, claims, outcomes):
    assert wrong(job(status, claims, "x (given up after 5 attempts)"), attempts(*outcomes))


def test_two_attempts_at_once_are_told():
    assert wrong(job(attempt=2), attempts("died", "done", length=3)) == ["had attempts 1 and 2 at once"]


def test_a_publication_may_be_told_of_again():
    assert not wrong(job(attempt=2), attempts("done", "done"), kind="articles.articlenotification")


def test_a_failure_needs_its_cause():
    full = job("failed", error="There is no room left for the file. Free some space.")
    assert wrong(full, attempts("failed"))
    assert not wrong(full, attempts("failed"), ["fill disk"])
    assert wrong(job("failed", error="Something went wrong on our side."), attempts("failed"), ["fill disk"])
    given_up = job("failed", 2, "The worker died. (given up after 2 attempts)")
    assert not wrong(given_up, attempts("died", "died"))
    assert wrong(given_up, attempts("interrupted", "died"))


def test_the_log_tells_the_story_of_one_that_is_stuck(tmp_path):
    rows = {"mail.email": [job("done"), job("running") | {"id": 14}], "exports.exportjob": []}
    assert stuck(rows) == ["mail.email:14"]
    log = tmp_path / "log"
    others = ["… job=mail.email:141#1", "… job=mail.email:1#4"]
    mine = [f"{number} job=mail.email:14#1" for number in range(STORY + 1)]
    log.write_text("\n".join([others[0], *mine, others[1]]))
    assert story(log, "mail.email:14") == mine[1:]
    assert story(log, "mail.email:15") == ["not a line"]
