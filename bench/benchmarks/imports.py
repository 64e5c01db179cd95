"""An import of 100,000 rows against csv.reader and bulk_create in one transaction: the time, the memory, and for how
long nobody else could write meanwhile."""

import json
import sys
import threading
import time
from contextlib import contextmanager
from statistics import quantiles

from bench import exporting
from bench.lab import Result, times

ROWS = 100_000
FEW = 10_000
#: MiB by which memory may grow from 10,000 rows to 100,000.
GROWTH = 10
#: Seconds for which somebody else's write may wait: the unluckiest one, and 99 of 100.
LONGEST, P99 = 1, 0.2


def measure(installations, options):
    installation = installations.with_tasks(ROWS)
    ours, few, rival = (
        installation.measure(__name__, *arguments) for arguments in (("ours", ROWS), ("ours", FEW), ("rival", ROWS))
    )
    yield Result(
        f"import of {ROWS:,} tasks, claim to done",
        f"{ours['seconds']:.1f} s",
        f"csv and bulk_create in one transaction: {rival['seconds']:.1f} s",
        times(rival["seconds"] / ours["seconds"]),
        "–",
        None,
    )
    yield Result(
        "the longest that another writer waited meanwhile (p99)",
        f"{ours['longest'] * 1000:.0f} ms ({ours['p99'] * 1000:.0f})",
        f"csv and bulk_create in one transaction: {rival['longest']:.1f} s",
        times(rival["longest"] / ours["longest"]),
        f"< {LONGEST:g} s, p99 < {P99 * 1000:.0f} ms",
        ours["longest"] < LONGEST and ours["p99"] < P99,
    )
    yield Result(
        f"peak memory of the import, {ROWS:,} rows against {FEW:,}",
        f"{ours['peak']:.1f} MiB",
        f"itself: {few['peak']:.1f} MiB",
        times(ours["peak"] / few["peak"]),
        f"grows by < {GROWTH} MiB",
        ours["peak"] - few["peak"] < GROWTH,
    )


def main(what, rows):
    import django

    django.setup()
    from accounts.models import User
    from orgs.models import Organization

    alice, acme = User.objects.get(email="alice@acme.test"), Organization.objects.get(slug="acme")
    path = write_file(acme, int(rows))
    target = Organization.objects.create(name="Target", slug=f"target-{what}-{rows}")
    target.add_member(alice, "owner")
    with writing_beside() as waits:
        start = time.perf_counter()
        {"ours": run_import, "rival": run_rival}[what](path, target, alice)
        seconds = time.perf_counter() - start
    if target.tasks.count() != int(rows):
        sys.exit(f"{target.tasks.count()} tasks were imported of {rows}.")
    print(
        json.dumps(
            {
                "seconds": seconds,
                "longest": max(waits),
                "p99": quantiles(waits, n=100)[-1],
                "peak": exporting.peak_memory(),
            }
        )
    )


def write_file(organization, rows):
    from django.conf import settings

    from exports import writers
    from exports.columns import COLUMNS

    path = settings.DATA_DIR / "tasks.csv"
    last = organization.tasks.order_by("pk").values_list("pk", flat=True)[rows - 1]
    tasks = organization.tasks.filter(pk__lte=last).order_by("-created_at", "-id")
    with path.open("wb") as file:
        writers.write(file, tasks, [column for column in COLUMNS.values() if column.name != "completed_at"], "csv")
    return path


def run_import(path, organization, person):
    from config.queues import exports
    from exports.imports.fields import guess
    from exports.imports.models import TaskImport, Upload
    from jobs.runner import run

    exports.storage.flush_queue()
    upload = Upload.keep(organization, person, "tasks.csv", path)
    job = TaskImport.start(upload, person, mapping=guess(upload.header()), leave_out_unknown=True)
    run(TaskImport, job.pk)
    job.refresh_from_db()
    if not job.imported:
        sys.exit(f"The import is {job.state}: {job.error} {job.rejected_rows.first()}")


def run_rival(path, organization, person):
    import csv

    from django.db import transaction

    from orgs.models import Task

    emails = dict(organization.members.values_list("email", "pk"))
    with transaction.atomic(), path.open(newline="") as file:
        Task.objects.bulk_create(
            [
                Task(
                    organization=organization,
                    title=row["title"],
                    description=row["description"],
                    status=row["status"],
                    priority=int(row["priority"]),
                    assigned_to_id=emails.get(row["assigned_to"]),
                    due_date=row["due_date"] or None,
                    created_by=person,
                )
                for row in csv.DictReader(file)
            ],
            batch_size=500,
        )


@contextmanager
def writing_beside():
    """Somebody who writes something small all the time, in a thread. Gives the seconds that each write took."""
    from django.db import connection

    from orgs.models import Organization

    waits, done = [], threading.Event()

    def write():
        with connection.cursor() as cursor:
            cursor.execute(
                "PRAGMA busy_timeout = 600000"
            )  # milliseconds: to see how long, not only that it is too long
        while not done.wait(0.01):
            start = time.perf_counter()
            Organization.objects.filter(slug="elsewhere").update(name="Elsewhere")
            waits.append(time.perf_counter() - start)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
