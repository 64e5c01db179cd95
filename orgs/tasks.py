from django.utils import timezone

from config.queues import emails
from jobs.runner import run
from jobs.schedules import schedule
from orgs.models.reminder import DueReminder


@emails.db_task()
def run_due_reminder(reminder_id):
    run(DueReminder, reminder_id)


@schedule("*/5 * * * *")
def open_due_reminders():
    """Remind people, at their hour of their day, of the tasks that are due."""
    DueReminder.objects.open(timezone.now())
