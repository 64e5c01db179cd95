"""What watching costs: a scrape of `/metrics` with a million jobs done, and the search for a request's log lines."""

import json
import statistics
import sys
import time

from bench.lab import Installation, Result

JOBS = 1_000_000
#: Attempts of the last hour: as many e-mails leave in an hour of a busy installation.
LATELY = 10_000
RUNS = 20

SPREAD = """
    WITH RECURSIVE number(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number LIMIT %s)
    INSERT INTO {table} ({columns}) SELECT {values} FROM {table}, number WHERE {table}.id = %s
"""


def measure(installations, options):
    installation = Installation()  # of its own: a million rows would slow others down
    try:
        told = installation.measure(__name__)
    finally:
        installation.close()
    yield Result(
        f"scrape of /metrics, {JOBS:,} jobs done: p50 of {RUNS} (max)",
        f"{statistics.median(told['scrapes']):.0f} ms ({max(told['scrapes']):.0f})",
        "–",
        "–",
        "< 250 ms",
        statistics.median(told["scrapes"]) < 250,
    )
    yield Result(
        f"log lines of a request in {told['size']:.0f} MiB: p50 of {RUNS} (max)",
        f"{statistics.median(told['searches']):.0f} ms ({max(told['searches']):.0f})",
        "–",
        "–",
        "< 100 ms",
        statistics.median(told["searches"]) < 100,
    )


def fill_jobs():
    """One row, as Django writes it, and as many like it."""
    from django.db import connection
    from django.utils import timezone

    from jobs.models import Attempt
    from mail.models import Email

    now = timezone.now()
    email = Email.objects.bulk_create([Email(key="first", recipient="ada@acme.test", status="done")])[0]
    attempt = Attempt.objects.create(
        kind="mail.email", job_id=0, number=1, outcome="done", started_at=now, ended_at=now
    )
    with connection.cursor() as cursor:
        for row, count, unique in ((email, JOBS, {"key": "value"}), (attempt, LATELY, {"job_id": "value"})):
            names = [field.column for field in row._meta.concrete_fields if not field.primary_key]
            values = ", ".join(unique.get(name, f'"{name}"') for name in names)
            columns = ", ".join(f'"{name}"' for name in names)
            statement = SPREAD.format(table=row._meta.db_table, columns=columns, values=values)
            cursor.execute(statement, [count, row.pk])


def fill_log():
    """Full files, none of whose lines is of the request that is looked for."""
    from django.conf import settings

    from jobs import log
    from jobs.log.files import FILES, kept

    fields = {"time": log.lines.moment(time.time()), "level": "INFO", "logger": "jobs", "program": "emails"}
    size = 50 * 1024 * 1024 // FILES
    settings.LOG_FILE.parent.mkdir(exist_ok=True)
    for path in kept(settings.LOG_FILE):
        with path.open("w") as file:
            for number in range(size // 180):
                ids = {"request_id": log.new_request_id(), "job": f"mail.email:{number}", "attempt": 1}
                file.write(log.encode({**fields, "message": "started", **ids}) + "\n")
    return sum(path.stat().st_size for path in kept(settings.LOG_FILE)) / 1024**2


def timed(function, *arguments, **keywords):
    """Milliseconds of each run."""
    took = []
    for _ in range(RUNS):
        start = time.perf_counter()
        function(*arguments, **keywords)
        took.append((time.perf_counter() - start) * 1000)
    return took


def main(_):
    import django

    django.setup()
    from prometheus_client import CollectorRegistry, generate_latest

    from ops.log_lines import lines
    from ops.metrics.collector import Collector

    fill_jobs()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())
    told = {"size": fill_log(), "scrapes": timed(generate_latest, registry)}
    told["searches"] = timed(lines, request_id="0" * 32)
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv)
