from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.queues import emails
from jobs.runner import run
from jobs.schedules import schedule
from mail.models import DeliveryTest, Email, EmailStatus

#: How long the text of what was sent is kept. The rows stay: their keys keep anything from being sent twice.
KEEP_BODIES = timedelta(days=30)


@emails.db_task()
def send_email(email_id):
    run(Email, email_id)


@emails.db_task()
def run_delivery_test(test_id):
    run(DeliveryTest, test_id)


@schedule(
    "41 4 * * *",
    purpose=_(
        "Empty e-mails that were sent, or not to be sent, 30 days ago: they hold personal data, and nobody needs them."
    ),
)
def forget_bodies():
    ended = Email.objects.filter(status__in=[EmailStatus.DONE, EmailStatus.CANCELLED])
    old = ended.filter(finished_at__lt=timezone.now() - KEEP_BODIES)
    old.exclude(text="", html="").update(text="", html="")
