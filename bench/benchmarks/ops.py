"""The list of all jobs with a million finished ones: every combination of its filters but the search, and the overview.

The rows are made by SQL: e-mails, exports, runs of schedules and notifications of the last ninety days, an attempt of
each. One in a hundred failed, some wait and run; Acme and Alice have most of what belongs to somebody, Elsewhere and
Mallory little, a third organization and its owner nothing.
"""

import base64
import itertools
import json
import sqlite3
import statistics
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from bench.benchmarks.request import signed_in
from bench.lab import Result

#: Times that each page is asked for; the quickest counts: the machine does other things too.
TIMES = 2
#: Of so many combinations it is asked again whether they are as slow.
SLOWEST = 30
GOAL = 100  # milliseconds

#: By what each filter may be set; "" for not at all.
CHOICES = {
    "kind": ["", "mail.email", "exports.exportjob", "articles.commentnotification"],
    "status": ["", "done", "failed", "cancelled", "pending"],
    "queue": ["", "emails"],
    "organization": ["", "acme", "elsewhere", "nothing"],
    "person": ["", "alice@acme.test", "mallory@elsewhere.test", "nobody@nothing.test"],
    "since": ["", "60 to 30 days ago"],
}

SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :rows) "
#: When the nth of the rows was made: spread over ninety days, the last one now.
MADE = "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ((:rows - n) * 90.0 * 86400 / :rows) || ' seconds') || '000'"
STATUS = (
    "CASE WHEN n % 100 = 7 THEN 'failed' WHEN n % 200 = 9 THEN 'cancelled' WHEN n > :rows - 40 THEN 'pending' "
    "ELSE 'done' END"
)
#: The columns that all jobs have, and their values.
COMMON = (
    "status, attempt, run_after, worker, progress, error, restarted_after, request_id, created_at, started_at, "
    "finished_at"
)
VALUES = (
    f"{STATUS}, 1, {MADE}, 'host:1:1', 0, CASE WHEN n % 100 = 7 THEN '550 No such user' ELSE '' END, 0, "
    f"lower(hex(randomblob(16))), {MADE}, {MADE}, CASE WHEN n > :rows - 40 THEN NULL ELSE {MADE} END"
)
#: Whose: of ten rows eight are of the one who has most, and one in a hundred thousand is of the one who has little.
OWNER = "CASE WHEN n % 100000 = 1 THEN :few WHEN n % 10 < 8 THEN :most ELSE NULL END"
ORGANIZATION = "CASE WHEN n % 100000 = 1 THEN :few_org ELSE :most_org END"

INSERTS = {
    "mail.email": (
        0.6,
        f"INSERT INTO mail_email ({COMMON}, key, kind, message_id, user_id, recipient, subject, text, html, headers, "
        f"handed_over_in, answer) SELECT {VALUES}, 'bench:' || n, 'account', '<' || n || '@bench>', {OWNER}, "
        "'person' || (n % 5000) || '@acme.test', 'Your new password, number ' || n, "
        "CASE WHEN n > :rows * 0.9 THEN :body ELSE '' END, CASE WHEN n > :rows * 0.9 THEN :body ELSE '' END, '{}', 1, "
        "'250 OK queued as ' || n FROM series",
    ),
    "exports.exportjob": (
        0.2,
        f"INSERT INTO exports_exportjob ({COMMON}, organization_id, requested_by_id, filters, columns, export_format, "
        f"bom, notify, file, size, sha256) SELECT {VALUES}, {ORGANIZATION}, {OWNER}, '{{}}', '[]', 'csv', 0, 0, 'x', "
        "1, '' FROM series",
    ),
    "jobs.scheduledrun": (
        0.1,
        f"INSERT INTO jobs_scheduledrun ({COMMON}, schedule_id, slot, missed, skipped) SELECT {VALUES}, :schedule, "
        f"{MADE}, 0, 0 FROM series",
    ),
    "articles.commentnotification": (
        0.1,
        f"INSERT INTO articles_commentnotification ({COMMON}, comment_id, kind) SELECT {VALUES}, "
        "(SELECT min(id) FROM articles_comment) + n / 2, CASE n % 2 WHEN 0 THEN 'submitted' ELSE 'approved' END "
        "FROM series",
    ),
}
ATTEMPTS = (
    "INSERT INTO jobs_attempt (kind, job_id, number, worker, outcome, error, traceback, started_at, ended_at) "
    "SELECT :kind, id, 1, worker, status, error, '', started_at, finished_at FROM {table} WHERE finished_at IS NOT NULL"
)


def measure(installations, options):
    installation = installations.with_tasks(1_000)
    installation.manage("collectstatic", "--no-input", "--verbosity=0")  # pages name the files that they need
    installation.measure(__name__, options.rows)
    days = {
        ago: (datetime.now(UTC) - timedelta(days=ago)).replace(tzinfo=None).isoformat("T", "minutes")
        for ago in (60, 30)
    }
    with signed_in(installation) as ask:

        def milliseconds(path, **query):
            return min(ask(f"{path}?{urlencode(query)}", 200, method="GET") for _ in range(TIMES))

        milliseconds("/ops/jobs/")
        taken, asked = {}, {}
        for combination in itertools.product(*CHOICES.values()):
            query = {name: value for name, value in zip(CHOICES, combination, strict=True) if value}
            words = ", ".join(f"{name} {value}" for name, value in query.items())
            window = {"since": days[60], "until": days[30]} if "since" in query else {}
            asked[words or "no filter"] = {**query, **window}
            taken[words or "no filter"] = milliseconds("/ops/jobs/", **asked[words or "no filter"])
        # What was slow because something else ran just then is not so again.
        for words in sorted(taken, key=taken.get)[-SLOWEST:]:
            taken[words] = min(taken[words], *(milliseconds("/ops/jobs/", **asked[words]) for _ in range(3)))
        half_way = base64.urlsafe_b64encode(f"{days[60]}+00:00|mail.email|1".encode()).decode().rstrip("=")
        deep, search = milliseconds("/ops/jobs/", after=half_way), milliseconds("/ops/jobs/", q="zzzzzz")
        overview = milliseconds("/ops/")
    for words in sorted(taken, key=taken.get)[-5:]:
        print(f"  {taken[words]:.0f} ms: {words}", file=sys.stderr)
    worst = max(taken, key=taken.get)
    yield Result(
        f"/ops/jobs/ with {options.rows:,} jobs, each of {len(taken):,} combinations of filters",
        f"median {statistics.median(taken.values()):.0f} ms, worst {taken[worst]:.0f} ms ({worst})",
        f"counting them all: {count(installation):.0f} ms",
        "–",
        f"< {GOAL} ms",
        taken[worst] < GOAL,
    )
    yield Result(
        f"/ops/jobs/ two thirds down the list of {options.rows:,} jobs; /ops/; a search that finds nothing",
        f"{deep:.0f} ms; {overview:.0f} ms; {search:.0f} ms",
        "–",
        "–",
        f"< {GOAL} ms; –; < 2,500 ms",
        deep < GOAL and search < 2500,
    )


def count(installation) -> float:
    """Milliseconds that counting the rows of the four kinds takes."""
    tables = [insert.split()[2] for _, insert in INSERTS.values()]
    with closing(sqlite3.connect(installation.database)) as database:
        start = time.perf_counter()
        for table in tables:
            database.execute(f"SELECT count(*) FROM {table}").fetchone()
        return 1000 * (time.perf_counter() - start)


def main(rows):
    import django

    django.setup()
    fill(int(rows))
    print(json.dumps(rows))


def fill(rows):
    """Make so many jobs, in the shares of INSERTS."""
    from django.db import connection
    from django.utils import timezone

    from accounts.models import User
    from articles.models import Article, Comment
    from jobs.models import Schedule
    from jobs.sweep import kinds
    from orgs.models import Organization

    acme, elsewhere = Organization.objects.get(slug="acme"), Organization.objects.get(slug="elsewhere")
    Organization.objects.create(slug="nothing", name="Nothing")
    alice, mallory = User.objects.get(email="alice@acme.test"), User.objects.get(email="mallory@elsewhere.test")
    User.objects.create_user("nobody@nothing.test")
    now = timezone.now()
    schedule = Schedule.objects.create(name="bench", cron="* * * * *", declared_cron="* * * * *", next_slot=now)
    articles = [
        Article.objects.create(organization=org, author=author, title="Plan", slug="bench", body="Now.")
        for org, author in ((elsewhere, mallory), (acme, alice))
    ]
    share = INSERTS["articles.commentnotification"][0]
    Comment.objects.bulk_create(
        Comment(article=articles[number > 0], author=[mallory, alice][number > 0], body="Yes.")
        for number in range(int(rows * share / 2) + 1)
    )
    values = {
        "most": alice.pk, "few": mallory.pk, "most_org": acme.pk, "few_org": elsewhere.pk, "schedule": schedule.pk,
        "body": "How are you? " * 100,
    }  # fmt: skip
    tables = {kind._meta.label_lower: kind._meta.db_table for kind in kinds()}
    connection.ensure_connection()
    database = connection.connection
    for kind, (part, insert) in INSERTS.items():
        head, select = insert.split(" SELECT ", 1)
        database.execute(f"{head} {SERIES} SELECT {select}", {**values, "rows": int(rows * part)})
        database.execute(ATTEMPTS.format(table=tables[kind]), {"kind": kind})


if __name__ == "__main__":
    main(sys.argv[1])
