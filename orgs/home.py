"""The home page's own part: what somebody has to do this week, in all their organizations.

Each app adds a section of its own: a function named in settings.HOME_SECTIONS that takes the request and the person's
memberships (with their organizations), and returns a template and its context. It makes a fixed number of queries, few.
"""

import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from orgs.listing import MyTasks
from orgs.models import Membership, Role
from orgs.permissions import can_write_tasks

#: How many tasks are shown of what is overdue, due today and due within a week, each.
SHOWN = 5
WEEK = datetime.timedelta(days=6)


def memberships_of(user):
    return list(Membership.objects.filter(user=user).select_related("organization").order_by("organization__name"))


def tasks_due(request, memberships):
    """What is overdue, due today and due within a week."""
    today = timezone.localdate(timezone=request.user.zone)
    mine = MyTasks(request.user, [each.organization_id for each in memberships])
    groups = [
        (_("Overdue"), mine.due(SHOWN + 1, lt=today)),
        (_("Today"), mine.due(SHOWN + 1, exact=today)),
        (_("This week"), mine.due(SHOWN + 1, gt=today, lte=today + WEEK)),
    ]
    context = {
        "groups": [
            (name, completable(tasks[:SHOWN], memberships), len(tasks) > SHOWN) for name, tasks in groups if tasks
        ],
        "organizations": workplaces(memberships),
        "today": today,
        "here": "/",
    }
    return "orgs/home_tasks.html", context


def workplaces(memberships):
    """The organizations in which one writes tasks."""
    return [each.organization for each in memberships if can_write_tasks(Role(each.role))]


def completable(tasks, memberships):
    """Pairs of a task, and whether its assignee may complete it: their role differs between organizations."""
    roles = {each.organization_id: Role(each.role) for each in memberships}
    return [(task, can_write_tasks(roles[task.organization_id])) for task in tasks]
