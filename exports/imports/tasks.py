import time

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.queues import exports
from exports.imports.models import TaskImport, Upload
from jobs.history import trim_jobs
from jobs.models.status import UNFINISHED
from jobs.runner import run
from jobs.schedules import schedule
from orgs.models import Arrival

#: Seconds after which a file that no row knows is an orphan, not one that is being written.
ORPHANED = 2 * TaskImport.time_limit.total_seconds()


@exports.db_task(timeout=TaskImport.time_limit.total_seconds())
def run_import(import_id):
    run(TaskImport, import_id)


@schedule(
    "37 * * * *",
    purpose=_(
        "Delete imports and files sent for them that are not kept any longer, and what those that were killed left."
    ),
)
def delete_expired_imports():
    for arrival in Arrival.objects.exclude(imports__status__in=UNFINISHED):
        arrival.withdraw()
    trim_jobs(TaskImport)
    for upload in Upload.objects.expired(timezone.now()).iterator():
        upload.remove()
    for path in (settings.MEDIA_ROOT / "imports").glob("*/*.*"):
        if is_orphan(path):
            path.unlink(missing_ok=True)
    for path in settings.FILE_UPLOAD_TEMP_DIR.glob("*"):  # of web processes that were killed
        if is_old(path):
            path.unlink(missing_ok=True)


def is_old(path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > ORPHANED
    except FileNotFoundError:
        return False


def is_orphan(path) -> bool:
    """Whether the file belongs to nothing: its own row is gone, or has another file."""
    organization = path.parent.name
    if not organization.isdecimal() or not is_old(path):
        return False
    if path.suffix == ".upload":
        return not Upload.objects.filter(organization_id=organization, file=path.name).exists()
    import_id, _, rest = path.name.partition("-")
    attempt = rest.partition(".")[0]
    return not (import_id.isdecimal() and attempt.isdecimal()) or not (
        TaskImport.objects.filter(organization_id=organization, pk=import_id, attempt=attempt, rejected__gt=0).exists()
    )
