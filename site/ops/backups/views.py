"""The page of the backups: which there are, whether they are proven, make one now, prove one, fetch one."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exports.download import file_response
from jobs.models import Status
from ops.access import staff_only
from ops.backups import catalog, database
from ops.backups.catalog import Reason
from ops.models import Backup
from orgs.models import AuditEntry

#: Archives that the page shows; there are fewer, unless somebody copies others there.
SHOWN = 100


@staff_only
@require_safe
def backup_list(request):
    known = catalog.backups()
    unfinished = list(Backup.objects.unfinished().order_by("pk"))
    context = {
        "elsewhere": "" if database.is_supported() else database.ELSEWHERE,
        "backups": known[:SHOWN],
        "hidden": known[SHOWN:],
        "last_proven": next((backup for backup in known if backup.proven_at), None),
        "unfinished": unfinished,
        "failed": None if unfinished else last_failed(),
        "folder": catalog.FOLDER,
        "days": catalog.DAYS,
        "weeks": catalog.WEEKS,
        "by_hand": catalog.BY_HAND,
        "before_updates": catalog.BEFORE_UPDATES,
    }
    return render(request, "ops/backup_list.html", context)


@staff_only
@require_POST
def start_backup(request):
    if not database.is_supported():
        messages.error(request, database.ELSEWHERE)
        return redirect("backup_list")
    with transaction.atomic():
        job = Backup.objects.start(Reason.BY_HAND, request.user)
        AuditEntry.note(request.user, "started a backup", job.label)
    messages.success(request, _("A backup is being made. It is listed here once it is written."))
    return redirect("backup_list")


@staff_only
@require_POST
def prove_backup(request, backup_name):
    backup = find(backup_name)
    with transaction.atomic():
        Backup.objects.start_proof(backup.name, request.user)
        AuditEntry.note(request.user, "asked for the proof of", backup.name)
    messages.success(request, _("%(name)s is being unpacked and checked.") % {"name": backup.name})
    return redirect("backup_list")


@staff_only
@require_safe
def download_backup(request, backup_name):
    """The archive, which holds everything: who fetched it is written down."""
    backup = find(backup_name)
    try:
        answer = file_response(
            request,
            backup.path,
            name=backup.name,
            content_type="application/zstd",
            etag=backup.etag,
            modified=backup.made_at,
        )
    except FileNotFoundError:  # deleted meanwhile
        raise Http404 from None
    if request.method == "GET" and answer.status_code in (200, 206):
        part = {"range": asked[:100]} if (asked := request.headers.get("Range")) else {}
        AuditEntry.note(request.user, "downloaded", backup.name, **part)
    return answer


# ---- what they share


def find(name):
    backup = catalog.find(name)
    if backup is None:
        raise Http404
    return backup


def last_failed():
    """The job that ended last, if it failed."""
    last = Backup.objects.filter(status__in=[Status.DONE, Status.FAILED]).order_by("-pk").first()
    return last if last and last.status == Status.FAILED else None
