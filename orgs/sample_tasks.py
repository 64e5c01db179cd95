"""Tasks that a new organization may start with: each teaches one thing about Roost."""

import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orgs.models import Priority, Status, Task

# (title, description, status, priority, due in how many days, the owner's own), the first one on top of the list
SAMPLES = [
    (_("Welcome to Roost: start here"),
     _("These tasks are yours to play with. Open one, change it, complete it, delete it."),
     Status.OPEN, Priority.URGENT, 0, True),
    (_("Complete this task"),
     _("The button at the end of its line does it. Completed tasks stay, and can be opened again."),
     Status.OPEN, Priority.HIGH, 0, True),
    (_("Write a task of your own"),
     _("“New task” asks for a title; all else may wait."),
     Status.OPEN, Priority.HIGH, 1, True),
    (_("Show only what is yours"),
     _("Filter by assignee “me”. The page's address holds the filter: keep it as a bookmark."),
     Status.OPEN, Priority.NORMAL, 2, True),
    (_("Find what is overdue"),
     _("The filter for due dates knows overdue, today and this week. This was due yesterday."),
     Status.OPEN, Priority.NORMAL, -1, False),
    (_("Search"),
     _("The search looks for your words in titles."),
     Status.OPEN, Priority.NORMAL, None, False),
    (_("Sort by due date or by priority"),
     _("The newest tasks come first until you choose another order."),
     Status.OPEN, Priority.LOW, None, False),
    (_("Give a task to somebody"),
     _("Every task can have one person who is responsible for it."),
     Status.OPEN, Priority.NORMAL, 3, False),
    (_("Set a priority"),
     _("Urgent, high, normal or low. Few things are urgent; that is what makes the word useful."),
     Status.OPEN, Priority.LOW, None, False),
    (_("See what in progress looks like"),
     _("A task is open, in progress or done. This one has been begun."),
     Status.IN_PROGRESS, Priority.NORMAL, 4, True),
    (_("Add the people of your team"),
     _("On the page Members, by the e-mail address of their account."),
     Status.IN_PROGRESS, Priority.HIGH, 2, True),
    (_("Decide who may do what"),
     _("Viewers read, members work and export, admins look after people, owners do it all."),
     Status.OPEN, Priority.NORMAL, 5, True),
    (_("Make somebody a second owner"),
     _("An organization always keeps at least one. Two are safer than one."),
     Status.OPEN, Priority.LOW, 14, True),
    (_("Export these tasks"),
     _("“Export” on the task list takes the filters along that are set. It runs in the background."),
     Status.OPEN, Priority.HIGH, 3, True),
    (_("Choose an export's format"),
     _("CSV for any program, XLSX for Excel, JSON Lines for scripts, each also gzipped."),
     Status.OPEN, Priority.NORMAL, None, False),
    (_("Run an export again"),
     _("The list of exports remembers the filters of each. Files are kept for seven days."),
     Status.OPEN, Priority.LOW, None, False),
    (_("Check your time zone"),
     _("Your profile has it. All times are shown in it."),
     Status.OPEN, Priority.LOW, 7, True),
    (_("Back up the data folder"),
     _("Everything that Roost knows is in this one folder. Copy it where it is safe."),
     Status.OPEN, Priority.HIGH, 7, True),
    (_("Delete the sample tasks"),
     _("Once you know your way around, open them one by one and delete them."),
     Status.OPEN, Priority.LOW, 30, True),
    (_("Set up Roost"),
     _("You have done this just now. Well done."),
     Status.DONE, Priority.HIGH, 0, True),
]  # fmt: skip


def create_sample_tasks(organization, owner):
    """Write SAMPLES into the organization, due from today on; `owner` has created them and is given some."""
    now = timezone.now()
    today = timezone.localdate(now, owner.zone)
    tasks = [
        Task(
            organization=organization,
            title=str(title),
            description=str(description),
            status=status,
            priority=priority,
            due_date=None if days is None else today + datetime.timedelta(days=days),
            assigned_to=owner if own else None,
            created_by=owner,
            completed_at=now if status == Status.DONE else None,
        )
        for title, description, status, priority, days, own in SAMPLES
    ]
    # They share one moment, so that the order of their ids is what the list goes by: the last one is on top.
    Task.objects.bulk_create(reversed(tasks))
