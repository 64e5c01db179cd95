from datetime import timedelta

from django.utils import timezone

from config.queues import emails
from jobs.runner import run
from jobs.schedules import schedule
from mail.models import DeliveryTest, Email

#: How long the text of what was sent is kept. The rows stay: their keys keep anything from being sent twice.
KEEP_BODIES = timedelta(days=30)


@emails.db_task()
def send_email(email_id):
    run(Email, email_id)


@emails.db_task()
def run_delivery_test(test_id):
    run(DeliveryTest, test_id)


@schedule("41 4 * * *")
def forget_bodies():
    """Empty e-mails that ended 30 days ago: they hold personal data, and nobody needs them again."""
    ended = Email.objects.filter(finished_at__lt=timezone.now() - KEEP_BODIES).exclude(text="", html="")
    ended.exclude(status__in=["pending", "running", "uncertain"]).update(text="", html="")
