"""No job is lost, none is stuck, no two attempts overlapped, and each attempt has left its note."""

import re
from collections import Counter, defaultdict
from itertools import pairwise

from bench.chaos import database
from bench.chaos.proof import Check, moment

#: Jobs that are made to run again after they were done: a second publication goes through the members once more.
RUNS_AGAIN = {"articles.articlenotification", "articles.commentnotification"}
UNFINISHED = ("pending", "running")
#: Why a job may fail in a run, as the error begins, and what must have happened for it.
FAILURES = {
    r"There is no room left for the file\.": "fill disk",
    r"The disk of \S+ is full|SQLite cannot write in|No room for": "fill disk",
    r"Too late: the day was over": "midnight",
}


def load(connection):
    """All jobs by their label's kind, and all attempts by (kind, id)."""
    jobs = {
        kind: database.rows(connection, f"SELECT * FROM {table} ORDER BY id")
        for kind, table in database.tables_of_jobs(connection).items()
    }
    attempts = defaultdict(list)
    for row in database.rows(connection, "SELECT * FROM jobs_attempt ORDER BY kind, job_id, number"):
        attempts[row["kind"], row["job_id"]].append(row)
    return jobs, attempts


def stuck(jobs) -> list[str]:
    """The labels, as the log has them, of those that have not ended."""
    return [f"{kind}:{row['id']}" for kind, rows in jobs.items() for row in rows if row["status"] in UNFINISHED]


def check(jobs, attempts, happened: set[str]) -> Check:
    """`happened`: names of what was done to the product, "midnight" too."""
    total, outcomes = 0, Counter()
    result = Check("jobs: none lost, none stuck, no two attempts at once")
    for kind, rows in jobs.items():
        for job in rows:
            mine = attempts[kind, job["id"]]
            result.wrong += [f"{kind}:{job['id']} {words}" for words in judge(kind, job, mine, happened)]
            outcomes.update(attempt["outcome"] for attempt in mine)
        total += len(rows)
    ends = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    result.proven = f"{total:,} jobs of {len(jobs)} kinds have ended; attempts: {ends}"
    return result


def judge(kind, job, attempts, happened) -> list[str]:
    """What is wrong with one job."""
    wrong, numbers = [], [attempt["number"] for attempt in attempts]
    status, outcomes = job["status"], [attempt["outcome"] for attempt in attempts]
    if status in UNFINISHED:
        wrong.append(f"is stuck: {status}, due {job['run_after']}, leased until {job['lease_until']}")
    elif numbers != list(range(1, job["attempt"] + 1)):
        wrong.append(f"has attempts {numbers} and was claimed {job['attempt']} times")
    if status == "done" and outcomes[-1:] != ["done"]:
        wrong.append(f"is done, and its attempts ended {outcomes}")
    if outcomes.count("done") > (status == "done") and kind not in RUNS_AGAIN:
        wrong.append(f"is {status}, and its attempts ended {outcomes}")
    if status == "failed" and not _may_fail(job["error"], outcomes, happened):
        wrong.append(f"failed: {job['error']}")
    for earlier, later in pairwise(attempts):
        if moment(later["started_at"]) < moment(earlier["ended_at"]):
            wrong.append(f"had attempts {earlier['number']} and {later['number']} at once")
    return wrong


def _may_fail(error, outcomes, happened):
    if given_up := re.search(r"\(given up after (\d+) attempt", error):  # as often as it may, by what was done to it
        return sum(outcome in ("retried", "died", "failed") for outcome in outcomes) >= int(given_up[1])
    return any(re.match(words, error) and cause in happened for words, cause in FAILURES.items())
