"""What organizations write to people."""

from datetime import timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from mail.kinds import Kind
from mail.render import render

TASKS_DUE = Kind(
    "tasks-due",
    label=_("Tasks"),
    description=_("Each day, when tasks of yours are due or overdue"),
    resend=True,
    optional=True,
    keys_expire=True,
    still_wanted="orgs.models.reminder.is_still_of_today",
)

INVITATION = Kind(
    "invitation",
    label=_("Invitations"),
    description=_("When somebody invites you to an organization"),
    resend=True,
    optional=False,
    asked_for=True,
    still_wanted="orgs.models.invitation.is_still_wanted",
)

#: What an invitation says, by role.
INVITED_AS = {
    "owner": _("%(person)s invites you to join %(organization)s on Roost, as an owner."),
    "admin": _("%(person)s invites you to join %(organization)s on Roost, as an admin."),
    "member": _("%(person)s invites you to join %(organization)s on Roost, as a member."),
    "viewer": _("%(person)s invites you to join %(organization)s on Roost, as a viewer."),
}
JOIN_AS = {
    "owner": _("Join as an owner, until %(day)s"),
    "admin": _("Join as an admin, until %(day)s"),
    "member": _("Join as a member, until %(day)s"),
    "viewer": _("Join as a viewer, until %(day)s"),
}


def invitation(invitation, link):
    """The subject, the text and the HTML of an Invitation, which `link` leads to."""
    people = {"person": invitation.invited_by, "organization": invitation.organization}
    day = date_format(invitation.expires_at, _("j F Y"))
    context = {
        "invitation": invitation,
        "organization": invitation.organization,
        "link": link,
        "words": INVITED_AS[invitation.role] % people,
        "preview": JOIN_AS[invitation.role] % {"day": day},
    }
    return render("orgs/mail/invitation", context)


def tasks_due(user, day, tasks, more):
    """The subject, the text and the HTML of the reminder.

    Arguments: `day`, the date where `user` is; `tasks`, those that it lists, soonest due first; `more`, how many
    further ones there are.
    """
    groups = [
        (_("Overdue"), [task for task in tasks if task.due_date < day]),
        (_("Due today"), [task for task in tasks if task.due_date == day]),
        (_("Due tomorrow"), [task for task in tasks if task.due_date == day + timedelta(days=1)]),
    ]
    count = len(tasks) + more
    context = {"user": user, "kind": TASKS_DUE, "groups": [group for group in groups if group[1]], "more": more}
    return render("orgs/mail/tasks_due", {**context, "count": count, "day": day})
