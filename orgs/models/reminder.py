"""The daily reminder: one e-mail a person and local day, listing what is overdue, due today and due tomorrow.

    open_due_reminders, every five minutes ──► DueReminder, unique on (user, day) ──► its job writes the Email

The wall clock of the person decides: once it shows their hour, that day's reminder is made, also some hours late after
the installation was down. What comes only on a later day is not sent: that day has its own reminder.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from jobs.errors import JobFailed
from jobs.models import Job, JobQuerySet
from mail import outbox, preferences
from orgs import mail
from orgs.models.task import Status, Task

#: How many tasks an e-mail lists; it says how many more there are.
LISTED = 50


class DueReminderQuerySet(JobQuerySet):
    def open(self, now):
        """Make the reminders that are due at `now` (an aware datetime) and are not there yet."""
        people = preferences.wanting(User.objects.filter(is_active=True), mail.TASKS_DUE)
        people = people.filter(memberships__isnull=False).distinct()
        for name in list(people.order_by().values_list("time_zone", flat=True).distinct()):
            local = now.astimezone(User(time_zone=name).zone)
            reminded = self.filter(day=local.date()).values("user")
            waiting = people.filter(time_zone=name, reminder_hour__lte=local.hour).exclude(pk__in=reminded)
            for person in waiting:
                # Two consumers may look at the same moment: the constraint leaves one row.
                self.get_or_create(user=person, day=local.date())


class DueReminder(Job):
    queue = "emails"
    doorbell = "orgs.tasks.run_due_reminder"
    person_path = "user"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="due_reminders", db_index=False)
    day = models.DateField()  # where the person is

    objects = DueReminderQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name = _("reminder")
        indexes = [*Job.Meta.indexes, models.Index(fields=["user", "created_at", "id"], name="duereminder_of_user")]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="orgs_duereminder_once")]

    @property
    def title(self):
        return _("Tasks due for %(person)s on %(day)s") % {
            "person": self.user,
            "day": date_format(self.day, _("j M Y")),
        }

    @property
    def key(self):
        """Names its e-mail."""
        return f"tasks-due:user:{self.user_id}:{self.day:%Y-%m-%d}"

    @property
    def is_of_today(self):
        return timezone.localdate(timezone=self.user.zone) == self.day

    def perform(self):
        if not self.is_of_today:
            raise JobFailed(_("Too late: the day was over before it could be written."))
        tasks = self.tasks()
        found = list(tasks[: LISTED + 1])
        if found and preferences.wants(self.user, mail.TASKS_DUE):
            more = tasks.count() - LISTED if len(found) > LISTED else 0
            subject, text, html = mail.tasks_due(self.user, self.day, found[:LISTED], more)
            outbox.post(
                mail.TASKS_DUE, self.key, to=self.user.email, user=self.user, subject=subject, text=text, html=html
            )

    def tasks(self):
        """The person's unfinished tasks due by tomorrow, in the organizations that they belong to, soonest first."""
        return (
            Task.objects.filter(
                assigned_to=self.user,
                organization__memberships__user=self.user,
                due_date__lte=self.day + timedelta(days=1),
            )
            .exclude(status=Status.DONE)
            .select_related("organization")
            .order_by("due_date", "priority", "id")
        )


def is_still_of_today(email):
    """Asked just before the e-mail leaves, which an outage of the mail server may have delayed (`mail.kinds.Kind`)."""
    reminder = DueReminder.objects.filter(user=email.user_id, day=email.key.rpartition(":")[2]).first()
    return reminder is not None and reminder.is_of_today
