"""What a look at everything costs (`ops.health.parts`, which `/health` shows) where many jobs are done."""

import json
import statistics
import sys
import time

from bench.lab import Installation, Result, percentile, times

LOOKS = 200
#: E-mails that wait, beside those that are done.
WAITING = 2000
#: Of the finished jobs so many are e-mails; the others are runs of a schedule.
EMAILS = 0.6


def measure(installations, options):
    empty, full = Installation(), Installation()
    installations.callback(empty.close)
    installations.callback(full.close)
    sides = {
        "empty": empty.measure(__name__, 0),
        "full": full.measure(__name__, options.rows),
    }
    ours, rival = ((statistics.median(side), percentile(side, 0.99)) for side in (sides["full"], sides["empty"]))
    yield Result(
        f"a look at all parts, {options.rows:,} finished jobs and {WAITING:,} waiting, p50 (p99) of {LOOKS}",
        f"{ours[0]:.1f} ms ({ours[1]:.1f})",
        f"itself, empty: {rival[0]:.1f} ms ({rival[1]:.1f})",
        times(ours[0] / rival[0]),
        "p99 < 100 ms",
        ours[1] < 100,
    )


def main(jobs):
    import django

    django.setup()
    from ops import health

    if jobs:
        fill(jobs)
    durations = []
    for _ in range(LOOKS):
        start = time.perf_counter_ns()
        health.parts()
        durations.append((time.perf_counter_ns() - start) / 1e6)
    print(json.dumps(durations))


def fill(jobs):
    """Make so many finished jobs, each with its attempt, over the last 90 days; and e-mails that wait."""
    from django.conf import settings
    from django.db import connection

    from jobs.schedules import open_due_slots

    settings.EMAIL_TRANSPORT = "mail.smtp.EmailBackend"
    open_due_slots()
    emails = int(jobs * EMAILS)
    job = (
        "attempt, run_after, worker, progress, error, restarted_after, request_id, created_at, started_at, finished_at"
    )
    values = "1, at, 'host:1:1', 0, '', 0, printf('%032x', i), at, at, at"
    seconds = 90 * 24 * 3600 / jobs  # from one to the next
    numbers = f"""
        WITH RECURSIVE n(i) AS (SELECT %s UNION ALL SELECT i + 1 FROM n WHERE i < %s),
        ages AS (SELECT i, '-' || (abs({jobs} - i) * {seconds}) || ' seconds' age FROM n),
        rows AS (SELECT i, strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', age) at FROM ages)
    """
    email = f"""
        INSERT INTO mail_email (status, key, kind, message_id, recipient, subject, text, html, headers, handed_over_in,
            answer, {job})
        SELECT %s, 'k' || i, 'account', '<' || i || '@x>', 'somebody@acme.test', 'Hello', '', '', '{{}}', 1, '250 OK',
            {values} FROM rows
    """
    run = f"""
        INSERT INTO jobs_scheduledrun (status, schedule_id, slot, missed, skipped, {job})
        SELECT 'done', (SELECT min(id) FROM jobs_schedule), at || i, 0, 0, {values} FROM rows
    """
    attempts = """
        INSERT INTO jobs_attempt (kind, job_id, number, worker, outcome, error, traceback, started_at, ended_at)
        SELECT %s, id, 1, worker, 'done', '', '', started_at, finished_at FROM {}
    """
    with connection.cursor() as cursor:
        cursor.execute(numbers + email, [1, emails, "done"])
        cursor.execute(numbers + run, [emails + 1, jobs])
        cursor.execute(attempts.format("mail_email"), ["mail.email"])
        cursor.execute(attempts.format("jobs_scheduledrun"), ["jobs.scheduledrun"])
        cursor.execute(numbers + email, [jobs + 1, jobs + WAITING, "pending"])
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
