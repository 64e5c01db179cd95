"""Recurring exports: pages to list, write, pause, run and delete them."""

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exports.forms import ExportForm, SavedExportForm
from exports.models import ExportJob, TooManyExports
from exports.saved import SavedExport, TooManySavedExports
from jobs.models import Status
from orgs.filters import TaskFilter
from orgs.http import in_organization, show
from orgs.permissions import can_export_tasks, can_see_all_exports

require_page = require_http_methods(["GET", "HEAD", "POST"])

#: What the forms have beside the filters; a post from the page of an export has its fields too.
OWN_FIELDS = {*SavedExportForm.base_fields, *ExportForm.base_fields, "csrfmiddlewaretoken"}


@require_safe
@in_organization()
def saved_export_list(request):
    """The recurring exports that one may see."""
    last_run = ExportJob.objects.filter(saved_export=OuterRef("pk")).order_by("-pk")
    saved_exports = visible(request).annotate(
        last_run_id=Subquery(last_run.values("pk")[:1]), last_run_status=Subquery(last_run.values("status")[:1])
    )
    context = {
        "saved_exports": list(saved_exports),
        "statuses": dict(Status.choices),
        "may_export": can_export_tasks(request.role),
        "sees_all": can_see_all_exports(request.role),
    }
    return show(request, "exports/saved_export_list.html", context)


@require_page
@in_organization(can_export_tasks)
def create_saved_export(request):
    """An empty form, one that begins with what the page of an export has posted, or the new recurring export."""
    saved = SavedExport(organization=request.organization, requested_by=request.user)
    data = request.GET.copy()
    data.update(request.POST)
    if request.method != "POST" or "frequency" not in data:  # a link shows the form, and writes nothing
        wanted = ExportForm.of(data)
        return show_form(request, saved, data, initial=wanted.cleaned_data if wanted.is_valid() else {})
    try:
        return take(request, saved, data)
    except TooManySavedExports as error:
        return done(request, str(error), messages.ERROR)


@require_page
@in_organization(can_export_tasks)
def edit_saved_export(request, saved_id):
    saved = get_saved(request, saved_id)
    if request.method == "POST":
        return take(request, saved, request.POST)
    return show_form(request, saved, saved.filters)


@require_page
@in_organization(can_export_tasks)
def delete_saved_export(request, saved_id):
    saved = get_saved(request, saved_id)
    if request.method == "POST":
        saved.delete()
        return done(
            request,
            _("“%(name)s” is deleted. The exports that it has made are kept for their time.") % {"name": saved},
        )
    return show(request, "exports/delete_saved_export.html", {"saved": saved})


@require_POST
@in_organization(can_export_tasks)
def pause_saved_export(request, saved_id):
    saved = get_saved(request, saved_id)
    saved.pause()
    return done(request, _("“%(name)s” is paused.") % {"name": saved})


@require_POST
@in_organization(can_export_tasks)
def resume_saved_export(request, saved_id):
    saved = get_saved(request, saved_id)
    if refusal := why_not(saved):
        return done(request, refusal, messages.ERROR)
    saved.resume()
    return done(request, _("“%(name)s” goes on with its next time.") % {"name": saved})


@require_POST
@in_organization(can_export_tasks)
def run_saved_export(request, saved_id):
    saved = get_saved(request, saved_id)
    if refusal := why_not(saved):
        return done(request, refusal, messages.ERROR)
    try:
        job = saved.run_now()
    except TooManyExports as error:
        return done(request, str(error), messages.ERROR)
    return redirect("export_detail", request.organization.slug, job.pk)


# ---- what they share


def visible(request):
    found = SavedExport.objects.visible_to(request.user, request.organization, request.role)
    return found.select_related("organization", "requested_by")


def get_saved(request, saved_id):
    return get_object_or_404(visible(request), pk=saved_id)


def why_not(saved):
    """Why it cannot run, or ""."""
    return "" if saved.is_allowed() else saved.not_allowed()


def take(request, saved, data):
    """The answer to a form that was sent."""
    tasks, form = filter_of(saved, data), SavedExportForm.of(data, person=saved.requested_by)
    if not tasks.is_valid() & form.is_valid():
        return show_forms(request, saved, tasks, form)
    saved.change(filters=tasks.as_dict(), **form.cleaned_data)
    return done(request, _("“%(name)s” is saved.") % {"name": saved})


def filter_of(saved, data):
    return TaskFilter(data, saved.organization, saved.requested_by, also=OWN_FIELDS)


def show_form(request, saved, filters, initial=None):
    """The form as `saved` is, but for what `initial` says."""
    columns = {name: getattr(saved, name) for name in SavedExportForm.base_fields}
    form = SavedExportForm(initial={**columns, **(initial or {})}, person=saved.requested_by)
    return show_forms(request, saved, filter_of(saved, filters), form)


def show_forms(request, saved, tasks, form):
    return show(request, "exports/saved_export_form.html", {"saved": saved, "tasks": tasks, "form": form})


def done(request, words, level=messages.SUCCESS):
    messages.add_message(request, level, words)
    return redirect("saved_export_list", request.organization.slug)
