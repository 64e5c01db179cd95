"""Exports as resources: JSON for programs, and the same addresses as pages for people (see `orgs.http.wants_html`)."""

import hashlib
from contextlib import suppress

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from exports.counting import count_within
from exports.download import file_response
from exports.forms import ExportForm
from exports.models import KEEP_DONE, KEEP_LATEST, ExportJob, TooManyExports
from jobs.models import Status
from orgs.filters import TaskFilter
from orgs.http import form_error, in_organization, json_error, show, wants_html
from orgs.models import Organization
from orgs.newest import page_of
from orgs.permissions import can_export_tasks, can_see_all_exports

#: What the form of an export has beside the filters.
OWN_FIELDS = {*ExportForm.base_fields, "csrfmiddlewaretoken"}
FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data"}
#: The statuses of answers that hold the file, or a part of it.
SENDS_THE_FILE = {200, 206}
#: Seconds after which it is worth asking again for one more export.
RETRY_AFTER = 30
#: Seconds that counting the rows may take before a page is shown without their number, and where that is all one asks.
COUNT_FOR_PAGE = 0.1
COUNT_ALONE = 2


@require_safe
@in_organization(can_export_tasks)
def new_export(request):
    """The page that shows what would be exported, and how. As JSON the number of rows (null: takes too long)."""
    tasks, form = forms_of(request, request.GET)
    if wants_html(request):
        return show_form(request, tasks, form)
    if tasks.is_valid() & form.is_valid():
        return JsonResponse({"rows": count_within(COUNT_ALONE, tasks.queryset())})
    return form_error(tasks, form)


@require_POST
@in_organization(can_export_tasks)
def start_export(request):
    """Start an export of the tasks that the filters, in the query string or in the form, let pass."""
    if request.FILES or (request.content_type not in FORM_TYPES and int(request.META.get("CONTENT_LENGTH") or 0)):
        return json_error(415, _("Send the filters in the query string or as a form, without files."))
    data = request.GET.copy()
    data.update(request.POST)
    return start(request, *forms_of(request, data))


@require_safe
@in_organization()
def export_list(request):
    """The exports that one may see, newest first."""
    return show_page(request, request.GET)


@require_safe
@in_organization()
def export_detail(request, export_id):
    """How far an export is; asking again with its ETag costs little while nothing has changed."""
    job = get_job(request, export_id)
    if wants_html(request):
        return show_job(request, job)
    answer = JsonResponse(status_of(job))
    answer["ETag"] = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    answer["Cache-Control"] = "private, no-cache"
    return get_conditional_response(request, etag=answer["ETag"], response=answer)


@require_safe
@login_required
def export_notice(request, export_id):
    """That an export of one's own has ended, as a message for whatever page one is on."""
    mine = ExportJob.objects.filter(requested_by=request.user, status__in=[Status.DONE, Status.FAILED])
    mine = mine.filter(organization__in=Organization.objects.for_user(request.user)).select_related("organization")
    return render(request, "exports/notice.html", {"job": get_object_or_404(mine, pk=export_id)})


@require_safe
@in_organization(can_export_tasks)
def download_export(request, export_id):
    """The file, as long as it is there."""
    job = get_job(request, export_id)
    if job.status == Status.DONE:
        with suppress(FileNotFoundError):
            answer = file_response(
                request,
                job.path,
                name=job.download_name,
                content_type=job.content_type,
                etag=f'"{job.sha256}"',
                modified=job.finished_at,
            )
            if request.method == "GET" and answer.status_code in SENDS_THE_FILE:
                job.note_download(request.user)
            return answer
    if wants_html(request):
        return show_job(request, job, status=404)
    return json_error(404, _("This export has no file. Its status is “%(status)s”.") % {"status": job.status})


@require_POST
@in_organization(can_export_tasks)
def cancel_export(request, export_id):
    """Stop it. One that has ended meanwhile stays as it is."""
    job = get_job(request, export_id)
    job.cancel()
    return redirect(job_address(job)) if wants_html(request) else JsonResponse(status_of(job))


@require_POST
@in_organization(can_export_tasks)
def repeat_export(request, export_id):
    """Export again, with the same filters and columns, if they still fit."""
    job = get_job(request, export_id)
    form = ExportForm({name: getattr(job, name) for name in ExportForm.base_fields})
    return start(request, TaskFilter(job.filters, request.organization, request.user), form)


# ---- what they share


def visible(request):
    return ExportJob.objects.visible_to(request.user, request.organization, request.role)


def get_job(request, export_id):
    return get_object_or_404(visible(request).select_related("organization", "requested_by"), pk=export_id)


def job_address(job):
    return reverse("export_detail", args=[job.organization.slug, job.pk])


def forms_of(request, data):
    return TaskFilter(data, request.organization, request.user, also=OWN_FIELDS), ExportForm.of(data)


def start(request, tasks, form):
    """The answer to asking for an export of the TaskFilter `tasks` and the ExportForm `form`."""
    if not (tasks.is_valid() & form.is_valid()):
        return show_form(request, tasks, form) if wants_html(request) else form_error(tasks, form)
    try:
        job = ExportJob.start(request.organization, request.user, filters=tasks.as_dict(), **form.cleaned_data)
    except TooManyExports as error:
        return refuse(request, str(error))
    if wants_html(request):
        return redirect(job_address(job))
    answer = {
        "status": "accepted",
        "job_id": job.pk,
        "job_status_url": job_address(job),
        "job_download_url": reverse("download_export", args=[job.organization.slug, job.pk]),
    }
    return JsonResponse(answer, status=202, headers={"Location": job_address(job)})


def refuse(request, words):
    """The answer to one export too many: as a page the list, where one can cancel another."""
    answer = show_page(request, query={}, status=429, refused=words) if wants_html(request) else json_error(429, words)
    answer["Retry-After"] = RETRY_AFTER
    return answer


def show_page(request, query, status=200, refused=""):
    """The page of the list that `query` names. `refused` says why a further export was not started."""
    jobs, older, newer = page_of(visible(request).select_related("organization", "requested_by"), query)
    address = request.build_absolute_uri(reverse("export_list", args=[request.organization.slug]))
    links = {
        "next": older and f"{address}?before={older}",
        "previous": newer and f"{address}?after={newer}",
    }
    if not wants_html(request):
        return JsonResponse({"exports": [status_of(job) for job in jobs], **links})
    context = {
        "jobs": jobs,
        "here": f"{address}?{query.urlencode()}" if query else address,
        "is_first_page": not query,
        "unfinished": sum(job.is_unfinished for job in jobs),
        "refused": refused,
        "may_export": can_export_tasks(request.role),
        "sees_all": can_see_all_exports(request.role),
        "days_kept": KEEP_DONE.days,
        "number_kept": KEEP_LATEST,
        **links,
    }
    return show(request, "exports/export_list.html", context, status=status)


def status_of(job):
    return {
        "job_id": job.pk,
        "status": job.status,
        "error": job.error,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "has_file": job.has_file,
        "progress": job.progress,
        "total": job.total,
    }


def show_job(request, job, status=200):
    context = {
        "job": job,
        "filters": job.described_filters(),
        "may_export": can_export_tasks(request.role),
        "days_kept": KEEP_DONE.days,
    }
    return show(request, "exports/export_detail.html", context, status=status)


def show_form(request, tasks, form):
    valid = tasks.is_valid()
    # The page asks for their number once more, by htmx, where counting would have held it up.
    is_asked_again = request.htmx.target == "rows"
    rows = count_within(COUNT_ALONE if is_asked_again else COUNT_FOR_PAGE, tasks.queryset()) if valid else None
    context = {
        "form": form,
        "filter_errors": [message for messages in tasks.errors.values() for message in messages],
        "filters": tasks.describe() if valid else [],
        "rows": rows,
        "counts_later": valid and rows is None and not is_asked_again,
        "wanted": tasks.as_dict() if valid else {},
        "querystring": tasks.querystring if valid else "",
    }
    answer = show(request, "exports/new_export.html", context, status=200 if valid and not form.errors else 400)
    patch_vary_headers(answer, ["HX-Target"])
    return answer
