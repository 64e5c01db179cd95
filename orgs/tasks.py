from django.utils import timezone

from config.queues import emails
from jobs.runner import run
from jobs.schedules import schedule
from orgs.models import bulk_edit, reminder
from orgs.models.bulk_edit import BulkEdit
from orgs.models.reminder import DueReminder


@emails.db_task()
def run_due_reminder(reminder_id):
    run(DueReminder, reminder_id)


@schedule("*/5 * * * *")
def open_due_reminders():
    """Remind people, at their hour of their day, of the tasks that are due."""
    DueReminder.objects.open(timezone.now())


@schedule("47 4 * * *")
def trim_due_reminders():
    """Delete the notes of reminders of long ago."""
    DueReminder.objects.filter(day__lt=timezone.localdate() - reminder.HISTORY).delete()


@emails.db_task()
def run_bulk_edit(bulk_edit_id):
    run(BulkEdit, bulk_edit_id)


@schedule("52 4 * * *")
def trim_bulk_edits():
    """Delete the notes of bulk edits of long ago; the histories of the tasks keep what they changed."""
    BulkEdit.objects.filter(finished_at__lt=timezone.now() - bulk_edit.HISTORY).delete()
