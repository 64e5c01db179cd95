"""The task list, as a page and as JSON, and adding to it in one line."""

from contextlib import nullcontext
from urllib.parse import urlencode

from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from orgs.filters import PAGING, TaskFilter
from orgs.forms import KEEP, BulkEditForm, QuickTaskForm
from orgs.http import form_error, in_organization, json_error, refused_in, say_done, show, wants_html
from orgs.listing import TaskList
from orgs.models import Task
from orgs.paging import BadCursor
from orgs.permissions import can_export_tasks, can_import_tasks, can_write_tasks
from orgs.time_limit import SEARCH_LIMIT, TOO_LONG, TookTooLong, time_limit


@require_safe
@in_organization()
def task_list(request):
    """A page of the tasks that the filters let pass. What is wrong with a filter, cursor or search is said in a 400."""
    wanted = filter_of(request)
    try:
        page = find(request, wanted)
    except BadCursor as error:
        if not wants_html(request):
            at_fault = "after" if request.GET.get("after") else "before"
            return json_error(400, str(error), fields={at_fault: [str(error)]})
        wanted.add_error(None, str(error))
        page = None
    if wants_html(request):
        return show_list(request, wanted, page, status=200 if page else 400)
    if not page:
        return form_error(wanted)
    return JsonResponse({"tasks": [as_json(task) for task in page.tasks], **links(request, wanted, page)})


@require_POST
@in_organization(can_write_tasks)
def add_task(request):
    """Add a task in one line, above the list whose filters stand in the query string. As JSON a 201."""
    wanted = filter_of(request)
    task = Task(organization=request.organization, created_by=request.user)
    form = QuickTaskForm(request.POST, instance=task, people=lambda: nobody_or(wanted.people()))
    if form.is_valid():
        with refused_in(form):
            task.add()
    if not form.is_valid():
        return refuse(request, wanted, quick=form) if wants_html(request) else form_error(form)
    if not wants_html(request):
        address = reverse("edit_task", args=[request.organization.slug, task.pk])
        return JsonResponse(as_json(task), status=201, headers={"Location": address})
    say_done(request, where_is(task, wanted) % {"title": task.title})
    # Browsers focus the field that the fragment names: ready for the next one.
    return redirect(f"{list_address(request, wanted.querystring)}#new-task-title")


def where_is(task, wanted):
    """What is said of a new task to somebody who looks for it below these filters."""
    try:
        page = find_first(wanted) if wanted.is_valid() else None
        if page and task in page.tasks:
            return _("“%(title)s” is on the list.")
        passes = page and wanted.queryset().filter(pk=task.pk).exists()
    except TookTooLong:
        passes = False
    if passes:
        return _("“%(title)s” is added. In this order it stands further down.")
    return _("“%(title)s” is added, but these filters hide it.")


# ---- what the views of the list share


def filter_of(request):
    return TaskFilter(request.GET, request.organization, request.user)


def find(request, wanted):
    """The page that is asked for, or None where `wanted` says what is wrong. Raises BadCursor."""
    if not wanted.is_valid():
        return None
    try:
        return find_first(wanted, request.GET.get("after", ""), request.GET.get("before", ""))
    except TookTooLong:
        wanted.add_error("q", TOO_LONG)
        return None


def find_first(wanted, after="", before=""):
    """A page of the tasks that a valid TaskFilter lets pass, the first one. Raises BadCursor and TookTooLong."""
    with time_limit(SEARCH_LIMIT) if wanted.text else nullcontext():
        return TaskList(wanted).page(after, before)


def refuse(request, wanted, status=400, **forms):
    """The list once more, with one of its forms (`quick`, `bulk`) that says what is wrong."""
    try:
        page = find(request, wanted)
    except BadCursor as error:
        wanted.add_error(None, str(error))
        page = None
    return show_list(request, wanted, page, status=status, **forms)


def show_list(request, wanted, page, status=200, quick=None, bulk=None):
    here = list_address(request, request.GET.urlencode())
    may_write = can_write_tasks(request.role)
    if may_write:
        new = Task(organization=request.organization)
        quick = quick or QuickTaskForm(instance=new, people=lambda: nobody_or(wanted.people()))
        bulk = bulk or BulkEditForm(None, request.organization, people=lambda: keep_or(wanted.people()))
    context = {
        "filter": wanted,
        "filters_set": len(wanted.as_dict().keys() - {"sort"}) if wanted.is_valid() else 0,
        "is_first_page": not request.GET.keys() & PAGING,
        "tasks": page.tasks if page else (),
        "unfinished": page and page.unfinished,
        "today": wanted.today(),
        "may_write": may_write,
        "may_export": can_export_tasks(request.role),
        "may_import": can_import_tasks(request.role),
        "quick": quick,
        "bulk": bulk,
        "ticked": set(bulk.data.getlist("task")) if bulk and bulk.is_bound else (),
        # Whoever opens a task, or completes one, comes back to this page of these filters.
        "here": here,
        "come_back": "?" + urlencode({"next": here}) if request.GET else "",
        **(links(request, wanted, page) if page else {}),
    }
    return show(request, "orgs/task_list.html", context, status)


def nobody_or(people):
    return [("", _("Nobody")), *people]


def keep_or(people):
    return [("", KEEP), ("none", _("Nobody")), *people]


def list_address(request, query=""):
    address = reverse("task_list", args=[request.organization.slug])
    return f"{address}?{query}" if query else address


def links(request, wanted, page):
    """The absolute addresses of the neighbouring pages, None where there is none."""
    return {
        "next": link(request, wanted, "after", page.next),
        "previous": link(request, wanted, "before", page.previous),
    }


def link(request, wanted, name, cursor):
    """The absolute address of a page with the same filters; without a cursor of the first one, with None of none."""
    if cursor is None:
        return None
    query = "&".join(filter(None, [wanted.querystring, cursor and urlencode({name: cursor})]))
    return request.build_absolute_uri(list_address(request, query))


def as_json(task):
    return {
        "id": task.pk,
        "title": task.title,
        "status": task.status,
        "priority": task.priority,
        "assigned_to": task.assigned_to and {"id": task.assigned_to_id, "name": str(task.assigned_to)},
        "due_date": task.due_date,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "completed_at": task.completed_at,
    }
