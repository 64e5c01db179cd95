from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.queues import emails
from jobs.runner import run
from jobs.schedules import schedule
from orgs.models.bulk_edit import BulkEdit
from orgs.models.invitation import HISTORY as INVITATIONS_KEPT
from orgs.models.invitation import Invitation
from orgs.models.reminder import DueReminder


@emails.db_task()
def run_due_reminder(reminder_id):
    run(DueReminder, reminder_id)


@schedule("*/5 * * * *", purpose=_("Remind people, at their hour of their day, of the tasks that are due."))
def open_due_reminders():
    DueReminder.objects.open(timezone.now())


@schedule(
    "53 4 * * *",
    purpose=_("Delete the invitations of long ago: the addresses of people who may never have come."),
)
def forget_invitations():
    Invitation.objects.filter(expires_at__lt=timezone.now() - INVITATIONS_KEPT).delete()


@emails.db_task()
def run_bulk_edit(bulk_edit_id):
    run(BulkEdit, bulk_edit_id)
