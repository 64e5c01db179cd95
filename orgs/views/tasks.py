"""The task list, as a page and as JSON, and what one does with a task."""

from contextlib import nullcontext
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgs.filters import PAGING, TaskFilter
from orgs.forms import TaskForm
from orgs.http import form_error, gone_is_404, in_organization, json_error, show, wants_html, way_back
from orgs.listing import TaskList
from orgs.models import Task
from orgs.paging import BadCursor
from orgs.permissions import can_export_tasks, can_import_tasks, can_write_tasks
from orgs.time_limit import TookTooLong, time_limit

#: Seconds that finding a page of a search may take.
SEARCH_LIMIT = 2
TOO_LONG = "This search takes too long. Use a shorter or more common text, or more filters."


@require_safe
@in_organization()
def task_list(request):
    """A page of the tasks that the filters let pass. What is wrong with a filter, cursor or search is said in a 400."""
    wanted = TaskFilter(request.GET, request.organization, request.user)
    if not wanted.is_valid():
        return show_list(request, wanted, status=400) if wants_html(request) else form_error(wanted)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    try:
        with time_limit(SEARCH_LIMIT) if wanted.text else nullcontext():
            page = TaskList(wanted).page(after, before)
    except TookTooLong:
        wanted.add_error("q", TOO_LONG)
        return show_list(request, wanted, status=400) if wants_html(request) else form_error(wanted)
    except BadCursor as error:
        if not wants_html(request):
            return json_error(400, str(error), fields={"after" if after else "before": [str(error)]})
        wanted.add_error(None, str(error))
        return show_list(request, wanted, status=400)
    links = {
        "next": link(request, wanted, "after", page.next),
        "previous": link(request, wanted, "before", page.previous),
    }
    if wants_html(request):
        return show_list(request, wanted, page.tasks, unfinished=page.unfinished, **links)
    return JsonResponse({"tasks": [as_json(task) for task in page.tasks], **links})


def show_list(request, wanted, tasks=(), status=200, **links):
    context = {
        "filter": wanted,
        "is_filtered": wanted.is_valid() and bool(wanted.as_dict().keys() - {"sort"}),
        "is_first_page": not request.GET.keys() & PAGING,
        "tasks": tasks,
        "today": wanted.today(),
        "may_write": can_write_tasks(request.role),
        "may_export": can_export_tasks(request.role),
        "may_import": can_import_tasks(request.role),
        # Whoever opens a task, or completes one, comes back to this page of these filters.
        "here": request.get_full_path(),
        "come_back": "?" + urlencode({"next": request.get_full_path()}) if request.GET else "",
        **links,
    }
    return show(request, "orgs/task_list.html", context, status)


def link(request, wanted, name, cursor):
    """The absolute address of a page with the same filters; without a cursor of the first one, with None of none."""
    if cursor is None:
        return None
    query = "&".join(filter(None, [wanted.querystring, cursor and urlencode({name: cursor})]))
    return request.build_absolute_uri(f"{request.path}?{query}" if query else request.path)


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


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_write_tasks)
def create_task(request):
    form = TaskForm(request.POST or None, instance=Task(organization=request.organization, created_by=request.user))
    if request.method == "POST" and form.is_valid():
        task = form.save()
        messages.success(request, f"“{task.title}” is on the list.")
        return redirect(back(request))
    return show(request, "orgs/create_task.html", {"form": form, "back": back(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization()
def edit_task(request, task_id):
    """The page of a task: a form for those who may write tasks, the same facts for the others."""
    task = get_task(request, task_id)
    context = {"task": task, "back": back(request), "next": way_back(request)}
    if not can_write_tasks(request.role):
        if request.method == "POST":
            raise PermissionDenied
        return show(request, "orgs/task_detail.html", context)
    form = TaskForm(request.POST or None, instance=task)
    if request.method == "POST" and form.is_valid():
        with gone_is_404(), transaction.atomic():
            Task.objects.select_for_update().only("pk").get(pk=task.pk)  # save() would insert one that is gone
            form.save()
        messages.success(request, f"“{task.title}” is saved.")
        return redirect(back(request))
    return show(request, "orgs/edit_task.html", {**context, "form": form})


@require_POST
@in_organization(can_write_tasks)
def complete_task(request, task_id):
    task = get_task(request, task_id)
    with gone_is_404():
        task.complete()
    messages.success(request, f"“{task.title}” is done.")
    return redirect(back(request))


@require_POST
@in_organization(can_write_tasks)
def reopen_task(request, task_id):
    task = get_task(request, task_id)
    with gone_is_404():
        task.reopen()
    messages.success(request, f"“{task.title}” is open again.")
    return redirect(back(request))


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_write_tasks)
def delete_task(request, task_id):
    """Asks first."""
    task = get_task(request, task_id)
    if request.method == "POST":
        task.delete()
        messages.success(request, f"“{task.title}” is deleted.")
        return redirect(back(request))
    return show(request, "orgs/delete_task.html", {"task": task, "next": way_back(request)})


def get_task(request, task_id):
    tasks = request.organization.tasks.select_related("organization", "assigned_to", "created_by")
    return get_object_or_404(tasks, pk=task_id)


def back(request):
    """Where one came from, or the task list."""
    return way_back(request) or reverse("task_list", args=[request.organization.slug])
