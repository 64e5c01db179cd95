"""Changing many tasks at once, how far that is, and undoing it: JSON for programs, pages for people."""

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from orgs.forms import BulkEditForm
from orgs.http import form_error, in_organization, json_error, refused_in, say_done, show, wants_html, way_back
from orgs.models import BulkEdit
from orgs.models.bulk_edit import LIMIT, CannotUndo, TooManyBulkEdits
from orgs.permissions import can_write_tasks
from orgs.time_limit import SEARCH_LIMIT, TOO_LONG, TookTooLong, time_limit
from orgs.views.task_list import filter_of, keep_or, list_address, refuse

#: Seconds after which it is worth asking for one more.
RETRY_AFTER = 30


@require_POST
@in_organization(can_write_tasks)
def start_bulk_edit(request):
    """Change the ticked tasks, or all that pass the filters in the query string; of all, a page asks first."""
    wanted = filter_of(request)
    form = BulkEditForm(request.POST, request.organization, people=lambda: keep_or(wanted.people()))
    tasks = choose(form, wanted) if form.is_valid() else []
    if form.errors:
        return refuse(request, wanted, bulk=form) if wants_html(request) else form_error(form)
    if form.cleaned_data["all"] and wants_html(request) and "sure" not in request.POST:
        context = {"form": form, "count": len(tasks), "filters": wanted.describe(), "query": request.GET.urlencode()}
        return show(request, "orgs/start_bulk_edit.html", context)
    try:
        with refused_in(form):
            edit = BulkEdit.start(request.organization, request.user, tasks, values=form.values)
    except TooManyBulkEdits as error:
        if not wants_html(request):
            return one_too_many(error)
        form.add_error(None, str(error))
        page = refuse(request, wanted, status=429, bulk=form)
        page["Retry-After"] = RETRY_AFTER
        return page
    if form.errors:
        return refuse(request, wanted, bulk=form) if wants_html(request) else form_error(form)
    return answer(request, edit, list_address(request, request.GET.urlencode()))


@require_safe
@in_organization()
def bulk_edit_detail(request, edit_id):
    """How far it is, for whoever did it."""
    edit = get_edit(request, edit_id)
    if not wants_html(request):
        return JsonResponse(status_of(edit))
    changed = edit.changed or edit.count_changed()
    context = {
        "edit": edit,
        "changed": changed,
        "others": len(edit.tasks) - changed,
        "may_undo": bool(changed) and can_write_tasks(request.role) and edit.can_undo(request.user),
        "undone_by": BulkEdit.objects.filter(undoes=edit).first(),
    }
    return show(request, "orgs/bulk_edit_detail.html", context)


@require_POST
@in_organization(can_write_tasks)
def undo_bulk_edit(request, edit_id):
    """Change its tasks back, but for those that somebody has changed since. Too late is a 409, one too many a 429."""
    edit = get_edit(request, edit_id)
    there = way_back(request) or list_address(request)
    try:
        undoing = edit.undo(request.user)
    except (CannotUndo, TooManyBulkEdits) as error:
        if not wants_html(request):
            return json_error(409, str(error)) if isinstance(error, CannotUndo) else one_too_many(error)
        messages.error(request, str(error))
        return redirect(there)
    return answer(request, undoing, there)


# ---- what they share


def one_too_many(error):
    """The answer to a program that asks for one bulk edit too many."""
    return json_error(429, str(error), headers={"Retry-After": RETRY_AFTER})


def choose(form, wanted):
    """The ids of the tasks to change; where there are none, or too many, `form` says so."""
    if not form.cleaned_data["all"]:
        tasks = sorted(set(form.cleaned_data["task"]))
    elif not wanted.is_valid():
        form.add_error(None, _("The filters cannot be used: change them first."))
        return []
    else:
        try:
            with time_limit(SEARCH_LIMIT):
                found = wanted.queryset().order_by().values_list("pk", flat=True)
                tasks = sorted(found[: LIMIT + 1])
        except TookTooLong:
            form.add_error(None, TOO_LONG)
            return []
    if len(tasks) > LIMIT:
        words = _("More than %(number)s tasks cannot be changed at once: use more filters.")
        form.add_error(None, words % {"number": intcomma(LIMIT)})
    elif not tasks:
        form.add_error(None, _("No task passes these filters any more."))
    return tasks


def get_edit(request, edit_id):
    return get_object_or_404(
        request.organization.bulk_edits.select_related("undoes"), pk=edit_id, requested_by=request.user
    )


def answer(request, edit, there):
    """What follows a BulkEdit that has been started: the page `there`, where it is done already."""
    address = reverse("bulk_edit_detail", args=[request.organization.slug, edit.pk])
    if not wants_html(request):
        return JsonResponse(status_of(edit), status=202 if edit.is_unfinished else 200, headers={"Location": address})
    if edit.is_unfinished:
        return redirect(address)
    if edit.undoes_id:
        say_done(request, undone(edit))
    elif edit.changed:
        say_done(
            request,
            ngettext("%(number)s task is changed.", "%(number)s tasks are changed.", edit.changed)
            % {"number": intcomma(edit.changed)},
            undo=reverse("undo_bulk_edit", args=[request.organization.slug, edit.pk]),
        )
    else:
        messages.info(request, _("These tasks were so already."))
    return redirect(there)


def undone(edit):
    left = len(edit.tasks) - edit.changed
    back = ngettext("%(number)s task is changed back.", "%(number)s tasks are changed back.", edit.changed)
    words = [back % {"number": intcomma(edit.changed)}]
    if left:
        stay = ngettext(
            "%(number)s task is changed again since, and stays so.",
            "%(number)s tasks are changed again since, and stay so.",
            left,
        )
        words.append(stay % {"number": intcomma(left)})
    return " ".join(words)


def status_of(edit):
    return {
        "bulk_edit_id": edit.pk,
        "status": edit.status,
        "error": edit.error,
        "tasks": len(edit.tasks),
        "changed": edit.changed,
        "undoes": edit.undoes_id,
        "progress": edit.progress,
        "total": edit.total,
        "started_at": edit.started_at,
        "finished_at": edit.finished_at,
    }
