import time
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.queues import exports
from exports.models import ExportJob
from exports.saved import SavedExport
from jobs.history import trim_jobs
from jobs.runner import run
from jobs.schedules import schedule

#: Seconds after which a file that no export knows is an orphan, not one that is being written.
ORPHANED = 2 * ExportJob.time_limit.total_seconds()


@exports.db_task(timeout=ExportJob.time_limit.total_seconds())
def run_export(export_id):
    run(ExportJob, export_id)


@schedule("* * * * *", purpose=_("Start the recurring exports whose time has come."))
def open_due_exports():
    SavedExport.objects.open_due(timezone.now())


@schedule(
    "17 * * * *",
    purpose=_("Delete exports that are not kept any longer, with their files, and files that no export knows."),
)
def delete_expired_exports():
    trim_jobs(ExportJob)
    for path in (settings.MEDIA_ROOT / "exports").glob("*/*-*"):
        if is_orphan(path):
            path.unlink(missing_ok=True)


def is_orphan(path: Path) -> bool:
    """Whether the file belongs to no export: its own row is gone, or names another one (a dead attempt's)."""
    if not path.parent.name.isdecimal():
        return False  # no organization's folder: somebody else's
    try:
        if time.time() - path.stat().st_mtime < ORPHANED:
            return False
    except FileNotFoundError:
        return False
    name = path.name.removesuffix(".json")
    return not ExportJob.objects.filter(organization_id=path.parent.name, file=name).exists()
