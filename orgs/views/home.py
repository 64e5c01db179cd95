"""What a person begins with: the home page, and their own tasks in all organizations."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from orgs.home import completable, memberships_of, workplaces
from orgs.http import json_error, signed_in, wants_html
from orgs.listing import MyTasks
from orgs.paging import BadCursor
from orgs.views.task_list import as_json


@require_safe
@login_required
def home(request):
    """What there is to do and to read, in all of one's organizations (settings.HOME_SECTIONS)."""
    memberships = memberships_of(request.user)
    sections = [render_section(request, name, memberships) for name in settings.HOME_SECTIONS] if memberships else []
    return render(request, "orgs/home.html", {"memberships": memberships, "sections": sections})


def render_section(request, name, memberships):
    template, context = import_string(name)(request, memberships)
    return render_to_string(template, context, request)


@require_safe
@signed_in
def my_tasks(request):
    """What is assigned to one and not done, soonest due first, page by page."""
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    memberships = memberships_of(request.user)
    try:
        page = MyTasks(request.user, [each.organization_id for each in memberships]).page(after, before)
    except BadCursor as error:
        if not wants_html(request):
            return json_error(400, str(error), fields={"after" if after else "before": [str(error)]})
        return render(request, "orgs/my_tasks.html", {"error": str(error)}, status=400)
    links = {"next": link(request, "after", page.next), "previous": link(request, "before", page.previous)}
    if not wants_html(request):
        for task in page.tasks:
            task.assigned_to = request.user  # is at hand: saves a query
        tasks = [as_json(task) | {"organization": task.organization.slug} for task in page.tasks]
        return JsonResponse({"tasks": tasks, **links})
    context = {
        "tasks": completable(page.tasks, memberships),
        "organizations": workplaces(memberships),
        "today": timezone.localdate(timezone=request.user.zone),
        "here": request.get_full_path(),
        "is_first_page": not after and not before,
        **links,
    }
    return render(request, "orgs/my_tasks.html", context)


def link(request, name, cursor):
    return None if cursor is None else request.build_absolute_uri(f"?{name}={cursor}" if cursor else request.path)
