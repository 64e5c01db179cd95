"""CSV against the textbook's way: model instances, `csv.writer`, one string, saved."""

import json
import statistics
import time

from bench import exporting
from bench.lab import RUNS, Result, times


def measure(installations, options):
    installation = exporting.prepare(installations, options.rows)
    ours, rival = [], []
    for _ in range(RUNS):
        rival.append(installation.measure(__name__))
        ours.append(exporting.export(installation)["seconds"])
    ours, rival = statistics.median(ours), statistics.median(rival)
    yield Result(
        f"CSV of {options.rows:,} tasks, claim to done",
        f"{ours:.2f} s",
        f"model instances, one string: {rival:.2f} s",
        times(rival / ours),
        "≥ 7 × faster",
        rival / ours >= 7,
    )


def main():
    import django

    django.setup()
    from django.conf import settings

    from bench.loads import textbook
    from orgs.models import Organization, Task

    tasks = Task.objects.filter(organization=Organization.objects.get(slug="acme")).order_by("-created_at", "-id")
    path = settings.DATA_DIR / "textbook.csv"
    start = time.perf_counter()
    textbook.export(tasks, path)
    seconds = time.perf_counter() - start
    path.unlink()
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
