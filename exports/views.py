"""Exports as resources: JSON for programs, and the same addresses as pages for people (see `orgs.http.wants_html`)."""

import hashlib
import re

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import parse_etags
from django.views.decorators.http import require_POST, require_safe

from exports.download import file_response
from exports.forms import ExportForm
from exports.models import ExportJob, TooManyExports
from orgs.filters import TaskFilter
from orgs.http import form_error, in_organization, json_error, wants_html
from orgs.permissions import can_export_tasks, can_see_all_exports

#: What the form of an export has beside the filters.
OWN_FIELDS = {*ExportForm.base_fields, "csrfmiddlewaretoken"}
#: Seconds after which it is worth asking again for one more export.
RETRY_AFTER = 30
PAGE = 50


@require_safe
@in_organization(can_export_tasks)
def new_export(request):
    """The page that shows what would be exported, and how."""
    tasks, form = forms_of(request, request.GET)
    form = ExportForm(initial={"columns": form.cleaned_data["columns"]}) if form.is_valid() else form
    return show_form(request, tasks, form)


@require_POST
@in_organization(can_export_tasks)
def start_export(request):
    """Start an export of the tasks that the filters, in the query string or in the form, let pass."""
    data = request.GET.copy()
    data.update(request.POST)
    tasks, form = forms_of(request, data)
    if tasks.is_valid() & form.is_valid():
        return started(
            request,
            lambda: ExportJob.start(request.organization, request.user, filters=tasks.as_dict(), **form.cleaned_data),
        )
    return show_form(request, tasks, form) if wants_html(request) else form_error(tasks, form)


@require_safe
@in_organization()
def export_list(request):
    """The exports that one may see, newest first."""
    jobs = visible(request).select_related("organization", "requested_by")
    return page(request, jobs)


@require_safe
@in_organization()
def export_detail(request, export_id):
    """How far an export is; asking again with its ETag costs little while nothing has changed."""
    job = get_job(request, export_id)
    if wants_html(request):
        context = {"job": job, "filters": job.described_filters(), "may_export": can_export_tasks(request.role)}
        return show(request, "exports/export_detail.html", context)
    answer = JsonResponse(status_of(job))
    answer["ETag"] = f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    answer["Cache-Control"] = "private, no-cache"
    if answer["ETag"] in parse_etags(request.headers.get("If-None-Match", "")):
        unchanged = HttpResponse(status=304)
        for name in ("ETag", "Cache-Control"):
            unchanged[name] = answer[name]
        return unchanged
    return answer


@require_safe
@in_organization(can_export_tasks)
def download_export(request, export_id):
    """The file, as long as it is there."""
    job = get_job(request, export_id)
    if not job.has_file:
        raise Http404
    return file_response(
        request,
        job.path,
        name=job.download_name,
        content_type=job.content_type,
        etag=f'"{job.sha256}"',
        modified=job.finished_at,
    )


@require_POST
@in_organization(can_export_tasks)
def cancel_export(request, export_id):
    """Stop it. One that has ended meanwhile stays as it is."""
    job = get_job(request, export_id)
    job.cancel()
    return (
        redirect("export_detail", request.organization.slug, job.pk)
        if wants_html(request)
        else JsonResponse(status_of(job))
    )


@require_POST
@in_organization(can_export_tasks)
def repeat_export(request, export_id):
    """Export again, with the same filters and columns."""
    job = get_job(request, export_id)
    return started(request, lambda: job.repeat(request.user))


# ---- what they share


def visible(request):
    return ExportJob.objects.visible_to(request.user, request.organization, request.role)


def get_job(request, export_id):
    return get_object_or_404(visible(request).select_related("organization", "requested_by"), pk=export_id)


def forms_of(request, data):
    return TaskFilter(data, request.organization, request.user, also=OWN_FIELDS), ExportForm(data)


def started(request, start):
    """The answer to starting a job with `start()`."""
    try:
        job = start()
    except TooManyExports as error:
        if not wants_html(request):
            return json_error(429, str(error), headers={"Retry-After": RETRY_AFTER})
        answer = page(request, visible(request), status=429, refused=str(error))
        answer["Retry-After"] = RETRY_AFTER
        return answer
    where = reverse("export_detail", args=[request.organization.slug, job.pk])
    if wants_html(request):
        return redirect(where)
    answer = {
        "status": "accepted",
        "job_id": job.pk,
        "job_status_url": where,
        "job_download_url": reverse("download_export", args=[request.organization.slug, job.pk]),
    }
    return JsonResponse(answer, status=202, headers={"Location": where})


def page(request, jobs, status=200, refused=""):
    """One page of the list. `refused` says why a further export was not started."""
    jobs, older, newer = page_of(jobs, request.GET)
    if not wants_html(request):
        answer = {"exports": [status_of(job) for job in jobs]}
        return JsonResponse({**answer, "older": link(request, older), "newer": link(request, newer)})
    context = {
        "jobs": jobs,
        "older": older,
        "newer": newer,
        "refused": refused,
        "may_export": can_export_tasks(request.role),
        "sees_all": can_see_all_exports(request.role),
    }
    return show(request, "exports/export_list.html", context, status=status)


def page_of(jobs, query):
    """A page of `jobs` by their ids, newest first: (jobs, query string of the older page, that of the newer one)."""
    edges = {name: query[name] for name in ("before", "after") if name in query}
    if len(edges) > 1 or not all(re.fullmatch(r"[0-9]{1,18}", edge) for edge in edges.values()):
        raise BadRequest("“before” or “after” must be the number of an export.")
    if "after" in edges:
        found = list(jobs.filter(pk__gt=edges["after"]).order_by("pk")[: PAGE + 1])
        shown = found[:PAGE][::-1]
        has_newer, has_older = len(found) > PAGE, True
    else:
        found = list(jobs.filter(pk__lt=edges.get("before", 2**62)).order_by("-pk")[: PAGE + 1])
        shown = found[:PAGE]
        has_newer, has_older = "before" in edges, len(found) > PAGE
    older = f"before={shown[-1].pk}" if shown and has_older else ""
    return shown, older, f"after={shown[0].pk}" if shown and has_newer else ""


def link(request, query):
    return f"{request.path}?{query}" if query else None


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


def show_form(request, tasks, form):
    valid = tasks.is_valid()
    context = {
        "form": form,
        "filter_errors": None if valid else tasks.errors,
        "filters": tasks.describe() if valid else [],
        "rows": tasks.queryset().order_by().count() if valid else 0,
        "hidden": [(name, tasks.data[name]) for name in tasks.fields if tasks.data.get(name)],
    }
    return show(request, "exports/new_export.html", context, status=200 if valid and not form.errors else 400)


def show(request, template, context, status=200):
    shared = {"organization": request.organization, "role": request.role}
    return render(request, template, {**shared, **context}, status=status)
