"""What organizations write to people."""

from datetime import timedelta

from mail.kinds import Kind
from mail.render import render

TASKS_DUE = Kind(
    "tasks-due",
    label="Tasks",
    description="Each day, when tasks of yours are due or overdue",
    resend=True,
    optional=True,
    keys_expire=True,
    still_wanted="orgs.models.reminder.is_still_of_today",
)

INVITATION = Kind(
    "invitation",
    label="Invitations",
    description="When somebody invites you to an organization",
    resend=True,
    optional=False,
    asked_for=True,
    still_wanted="orgs.models.invitation.is_still_wanted",
)


def invitation(invitation, link):
    """The subject, the text and the HTML of an Invitation, which `link` leads to."""
    context = {"invitation": invitation, "organization": invitation.organization, "link": link}
    return render("orgs/mail/invitation", {**context, "article": "an" if invitation.role[0] in "aeiou" else "a"})


def tasks_due(user, day, tasks, more):
    """The subject, the text and the HTML of the reminder.

    Arguments: `day`, the date where `user` is; `tasks`, those that it lists, soonest due first; `more`, how many
    further ones there are.
    """
    groups = [
        ("Overdue", [task for task in tasks if task.due_date < day]),
        ("Due today", [task for task in tasks if task.due_date == day]),
        ("Due tomorrow", [task for task in tasks if task.due_date == day + timedelta(days=1)]),
    ]
    count = len(tasks) + more
    context = {"user": user, "kind": TASKS_DUE, "groups": [group for group in groups if group[1]], "more": more}
    return render("orgs/mail/tasks_due", {**context, "count": count, "day": day})
