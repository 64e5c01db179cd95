"""What one does with a single task."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orgs.forms import TaskForm
from orgs.http import in_organization, refused_in, say_done, show, wants_html, way_back
from orgs.models import Task
from orgs.newest import page_of
from orgs.permissions import can_write_tasks

#: Changes that the page of a task shows.
SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_write_tasks)
def create_task(request):
    form = TaskForm(request.POST or None, instance=Task(organization=request.organization, created_by=request.user))
    if request.method == "POST" and form.is_valid():
        with refused_in(form):
            form.instance.add()
    if form.is_valid():
        say_done(request, _("“%(title)s” is on the list.") % {"title": form.instance.title})
        return redirect(back(request))
    return show(request, "orgs/create_task.html", {"form": form, "back": back(request)})


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization()
def edit_task(request, task_id):
    """The page of a task: a form for those who may write tasks, the same facts for the others."""
    task = get_task(request, task_id)
    changes = list(task.changes.select_related("actor").order_by("-pk")[: SHOWN + 1])
    context = {
        "task": task,
        "back": back(request),
        "next": way_back(request),
        "changes": changes[:SHOWN],
        "has_more_changes": len(changes) > SHOWN,
    }
    if not can_write_tasks(request.role):
        if request.method == "POST":
            raise PermissionDenied
        return show(request, "orgs/task_detail.html", context)
    form = TaskForm(request.POST or None, instance=task)
    if request.method == "POST" and form.is_valid():
        with refused_in(form):
            changes = task.change(request.user, **form.changes)
    if form.is_valid():
        say_done(request, _("“%(title)s” is saved.") % {"title": task.title}, undo_address(request, task, changes))
        return redirect(back(request))
    return show(request, "orgs/edit_task.html", {**context, "form": form})


@require_POST
@in_organization(can_write_tasks)
def complete_task(request, task_id):
    task = get_task(request, task_id)
    changes = task.complete(request.user)
    say_done(request, _("“%(title)s” is done.") % {"title": task.title}, undo_address(request, task, changes))
    return redirect(back(request))


@require_POST
@in_organization(can_write_tasks)
def reopen_task(request, task_id):
    task = get_task(request, task_id)
    changes = task.reopen(request.user)
    say_done(request, _("“%(title)s” is open again.") % {"title": task.title}, undo_address(request, task, changes))
    return redirect(back(request))


@require_http_methods(["GET", "HEAD", "POST"])
@in_organization(can_write_tasks)
def delete_task(request, task_id):
    """Asks first."""
    task = get_task(request, task_id)
    if request.method == "POST":
        task.remove(request.user)
        say_done(request, _("“%(title)s” is deleted.") % {"title": task.title})
        return redirect(back(request))
    return show(request, "orgs/delete_task.html", {"task": task, "next": way_back(request)})


@require_safe
@in_organization()
def task_history(request, task_id):
    """What was changed of a task, by whom and when, page by page."""
    task = get_task(request, task_id)
    changes, older, newer = page_of(task.changes.select_related("actor"), request.GET)
    address = request.build_absolute_uri(request.path)
    links = {"next": older and f"{address}?before={older}", "previous": newer and f"{address}?after={newer}"}
    if not wants_html(request):
        return JsonResponse({"changes": [change_as_json(change) for change in changes], **links})
    return show(request, "orgs/task_changes.html", {"task": task, "changes": changes, **links})


@require_POST
@in_organization(can_write_tasks)
def undo_change(request, task_id, change_id):
    """Undo an edit of a task, as far as nobody has changed it again since."""
    task = get_task(request, task_id)
    change = get_object_or_404(task.changes, pk=change_id)
    undone = change.together.undo(request.user)
    if undone:
        say_done(request, _("“%(title)s” is as it was.") % {"title": task.title})
    else:
        messages.info(
            request, _("“%(title)s” has been changed again since, and stays as it is.") % {"title": task.title}
        )
    return redirect(back(request))


def change_as_json(change):
    return {
        "id": change.pk,
        "at": change.at,
        "by": {"id": change.actor_id, "name": change.who},
        "field": change.field,
        "old": change.old,
        "new": change.new,
    }


def undo_address(request, task, changes):
    """Where to undo an edit, for `say_done`; None where it has changed nothing."""
    return reverse("undo_change", args=[request.organization.slug, task.pk, changes[0].pk]) if changes else None


def get_task(request, task_id):
    tasks = request.organization.tasks.select_related("organization", "assigned_to", "created_by")
    return get_object_or_404(tasks, pk=task_id)


def back(request):
    """Where one came from, or the task list."""
    return way_back(request) or reverse("task_list", args=[request.organization.slug])
