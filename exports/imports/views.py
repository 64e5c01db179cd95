"""Imports as resources, and the files that are sent for them: JSON for programs, and the same addresses as pages."""

import hashlib
import re
from contextlib import suppress
from itertools import islice, zip_longest
from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exports.download import file_response
from exports.imports.forms import MappingForm, ReadingForm, UploadForm
from exports.imports.models import TaskImport, Upload
from exports.imports.models.rejected import SHOWN
from exports.imports.models.task_import import Refused, TooManyImports
from exports.imports.reading import BadFile
from jobs.models import Status
from orgs.http import form_error, in_organization, json_error, show, wants_html
from orgs.models import Organization
from orgs.newest import PAGE, page_of
from orgs.permissions import can_import_tasks, can_keep_history, can_see_all_imports

#: Rows of a file that are shown before it is imported.
PREVIEW = 5
#: Seconds after which it is worth asking again for one more import.
RETRY_AFTER = 30


@require_safe
@in_organization()
def import_list(request):
    """The imports that one may see, newest first."""
    jobs, older, newer = page_of(visible(request).select_related("organization", "requested_by"), request.GET)
    address = request.build_absolute_uri(reverse("import_list", args=[request.organization.slug]))
    links = {
        "next": older and f"{address}?before={older}",
        "previous": newer and f"{address}?after={newer}",
    }
    if not wants_html(request):
        return JsonResponse({"imports": [status_of(job) for job in jobs], **links})
    context = {
        "jobs": jobs,
        "here": request.get_full_path(),
        "is_first_page": not request.GET,
        "may_import": can_import_tasks(request.role),
        "sees_all": can_see_all_imports(request.role),
        "unfinished": sum(job.is_unfinished for job in jobs),
        **links,
    }
    return show(request, "imports/import_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_import_tasks)
def new_import(request):
    """Takes a file: the page where one chooses it, and the answer to it, which leads to its columns."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            source = Path(file.temporary_file_path())
            upload = Upload.keep(request.organization, request.user, file.name, source)
        except BadFile as error:
            form.add_error("file", str(error))
        else:
            if wants_html(request):
                return redirect(upload_address(upload))
            return JsonResponse(described(request, upload), status=201, headers={"Location": upload_address(upload)})
    if form.is_bound and not wants_html(request):
        return form_error(form)
    return show(request, "imports/new_import.html", {"form": form}, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_import_tasks)
def start_import(request, upload_id):
    """Shows what a file is and which column is what; starts the import of it."""
    upload = get_upload(request, upload_id)
    try:
        header = upload.header()
    except (BadFile, FileNotFoundError):
        return gone(request)
    data = request.POST if request.method == "POST" else None
    form = MappingForm(header, keeps_history=can_keep_history(request.role), data=data)
    if form.is_bound and form.is_valid():
        try:
            job = TaskImport.start(
                upload,
                request.user,
                mapping=form.mapping,
                leave_out_unknown=form.cleaned_data["leave_out_unknown"],
            )
        except Refused as error:
            return refuse(request, upload, form, error)
        except Upload.DoesNotExist:
            return gone(request)
        if wants_html(request):
            return redirect(job_address(job))
        answer = {"status": "accepted", "job_id": job.pk, "job_status_url": job_address(job)}
        return JsonResponse(answer, status=202, headers={"Location": job_address(job)})
    if wants_html(request):
        return show_upload(request, upload, form, status=400 if form.is_bound else 200)
    return form_error(form) if form.is_bound else JsonResponse(described(request, upload))


@require_POST
@in_organization(can_import_tasks)
def read_import_again(request, upload_id):
    """Reads the file in another encoding, or with another delimiter."""
    upload = get_upload(request, upload_id)
    form = ReadingForm(request.POST)
    if form.is_valid():
        try:
            upload.read_again(**form.cleaned_data)
        except FileNotFoundError:
            return gone(request)
        except BadFile as error:
            form.add_error(None, str(error))
    if form.is_valid():
        return redirect(upload_address(upload)) if wants_html(request) else JsonResponse(described(request, upload))
    if not wants_html(request):
        return form_error(form)
    upload.refresh_from_db()
    mapping = MappingForm(upload.header(), keeps_history=can_keep_history(request.role))
    return show_upload(request, upload, mapping, status=400, reading=form)


@require_safe
@in_organization()
def import_detail(request, import_id):
    """How far an import is, and what is wrong with its rows; asking again with its ETag costs little."""
    job = get_job(request, import_id)
    if not wants_html(request):
        answer = JsonResponse(status_of(job))
        answer["ETag"] = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
        answer["Cache-Control"] = "private, no-cache"
        return get_conditional_response(request, etag=answer["ETag"], response=answer)
    return show_job(request, job)


@require_safe
@login_required
def import_notice(request, import_id):
    """That an import of one's own has ended, as a message for whatever page one is on."""
    mine = TaskImport.objects.filter(requested_by=request.user, status__in=[Status.DONE, Status.FAILED])
    mine = mine.filter(organization__in=Organization.objects.for_user(request.user)).select_related("organization")
    return render(request, "imports/notice.html", {"job": get_object_or_404(mine, pk=import_id)})


@require_POST
@in_organization(can_import_tasks)
def cancel_import(request, import_id):
    """Stop it. One that has ended meanwhile stays as it is."""
    job = get_job(request, import_id)
    job.cancel()
    return redirect(job_address(job)) if wants_html(request) else JsonResponse(status_of(job))


@require_safe
@in_organization(can_import_tasks)
def rejected_rows(request, import_id):
    """The file of the rejected rows: as they were sent, each with its error."""
    job = get_job(request, import_id)
    if job.rejected:
        with suppress(FileNotFoundError):
            return file_response(
                request,
                job.path,
                name=job.download_name,
                content_type="text/csv; charset=utf-8",
                etag=f'"import-{job.pk}-{job.attempt}"',
                modified=job.finished_at,
            )
    if wants_html(request):
        return show_job(request, job, status=404)
    return json_error(404, _("This import has no rejected rows, or they are no longer kept."))


# ---- what they share


def visible(request):
    return TaskImport.objects.visible_to(request.user, request.organization, request.role)


def get_job(request, import_id):
    return get_object_or_404(visible(request).select_related("organization", "requested_by"), pk=import_id)


def get_upload(request, upload_id):
    uploads = Upload.objects.select_related("organization")
    return get_object_or_404(uploads, pk=upload_id, organization=request.organization, uploaded_by=request.user)


def job_address(job):
    return reverse("import_detail", args=[job.organization.slug, job.pk])


def upload_address(upload):
    return reverse("start_import", args=[upload.organization.slug, upload.pk])


def described(request, upload):
    """What a program needs to know of a file before it starts the import."""
    header = upload.header()
    form = MappingForm(header, keeps_history=can_keep_history(request.role))
    return {
        "upload_id": upload.pk,
        "upload_url": upload_address(upload),
        "encoding": upload.encoding,
        "delimiter": upload.delimiter,
        "rows": upload.row_count,
        "columns": header,
        "mapping": form.initial,
    }


def gone(request):
    words = _("The file is no longer there. Send it again.")
    if wants_html(request):
        form = UploadForm()
        return show(request, "imports/new_import.html", {"form": form, "refused": words}, status=404)
    return json_error(404, words)


def refuse(request, upload, form, error):
    """The answer to an import that cannot be started now."""
    status = 429 if isinstance(error, TooManyImports) else 409
    if wants_html(request):
        form.add_error(None, str(error))
        answer = show_upload(request, upload, form, status=status)
    else:
        answer = json_error(status, str(error))
    if status == 429:
        answer["Retry-After"] = RETRY_AFTER
    return answer


def show_upload(request, upload, form, status=200, reading=None):
    header = upload.header()
    context = {
        "upload": upload,
        "form": form,
        "reading": reading or ReadingForm(initial={"encoding": upload.encoding, "delimiter": upload.delimiter}),
        "header": header,
        "rows": [list(zip_longest(header, cells, fillvalue="")) for _, cells in islice(upload.rows(), PREVIEW)],
    }
    return show(request, "imports/start_import.html", context, status=status)


def show_job(request, job, status=200):
    """The page of an import, with the rejected rows after the line that the query names."""
    after = request.GET.get("after", "0")
    if not re.fullmatch("[0-9]{1,9}", after):
        raise BadRequest(_("“after” must be the number of a line."))
    rows = list(job.rejected_rows.filter(attempt=job.attempt, line__gt=after).order_by("line")[: PAGE + 1])
    upload = job.upload if job.upload and job.upload.uploaded_by_id == request.user.pk else None
    context = {
        "job": job,
        "rows": rows[:PAGE],
        "next": rows[PAGE - 1].line if len(rows) > PAGE else None,
        "is_first_page": after == "0",
        "most_shown": SHOWN,
        "again": upload and not job.is_unfinished and not job.imported and upload.is_there and upload_address(upload),
        "here": request.get_full_path(),
        "may_import": can_import_tasks(request.role),
    }
    return show(request, "imports/import_detail.html", context, status=status)


def status_of(job):
    return {
        "job_id": job.pk,
        "status": job.status,
        "outcome": job.outcome,
        "error": job.error,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "has_file": job.has_file,
        "progress": job.progress,
        "total": job.total,
        "imported": job.imported,
        "rejected": job.rejected,
    }
