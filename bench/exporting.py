"""One export in a fresh process, as a worker runs it."""

import json
import sys
from pathlib import Path

#: Cells that a writer must quote or disarm; one task in a thousand gets one of them.
NASTY = (
    "=1+1",
    "+49 30 1234",
    '"quoted", and more',
    "two\nlines",
    "-@SUM(A1)",
    "naïve — “ünïcödé” 🐓",
    "<b>&amp;</b>",
    "",
)


def prepare(installations, tasks):
    """The installation with so many tasks, a few of them nasty, its file in the system's cache."""
    installation = installations.with_tasks(tasks)
    installation.measure(__name__, "nasty")
    with installation.database.open("rb") as database:
        while database.read(1 << 24):
            pass
    return installation


def export(installation, export_format="csv"):
    """Export all tasks of the demo's organization. Returns seconds from claim to done, rows, and peak memory in MiB."""
    return installation.measure(__name__, export_format)


def main(what):
    import django

    django.setup()
    print(json.dumps(make_nasty() if what == "nasty" else run_export(what)))


def make_nasty():
    from django.db.models import Case, Value, When
    from django.db.models.functions import Mod

    from orgs.models import Task

    kinds = [When(kind=1000 * number, then=Value(text)) for number, text in enumerate(NASTY)]
    tasks = Task.objects.annotate(kind=Mod("pk", 1000 * len(NASTY)))
    return tasks.filter(kind__in=[1000 * number for number in range(len(NASTY))]).update(title=Case(*kinds))


def run_export(export_format):
    from django.db import transaction

    from accounts.models import User
    from config.queues import exports
    from exports.models import ExportJob
    from jobs.models import Status
    from jobs.runner import run
    from orgs.models import Organization

    exports.storage.flush_queue()
    alice, acme = User.objects.get(email="alice@acme.test"), Organization.objects.get(slug="acme")
    pk = ExportJob.start(acme, alice, export_format=export_format).pk
    run(ExportJob, pk)
    job = ExportJob.objects.get(pk=pk)
    if job.status != Status.DONE:
        sys.exit(f"The export is {job.status}: {job.error}")
    result = {"seconds": job.seconds, "rows": job.progress, "peak": peak_memory()}
    with transaction.atomic():
        ExportJob.objects.filter(pk=job.pk).remove()
    return result


def peak_memory() -> float:
    """The most memory that this process has had, in MiB (proc(5), VmHWM)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
