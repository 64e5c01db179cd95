from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from huey import crontab

from config.queues import QUEUES, emails, exports
from jobs.models.queryset import begin_of_history
from jobs.runner import run
from jobs.schedules import schedule
from ops.alerts.watch import left_lying, watch
from ops.backups import database
from ops.backups.catalog import Reason
from ops.models import Alert, Backup, BulkAction, Webhook


@emails.db_task()
def run_bulk_action(action_id):
    run(BulkAction, action_id)


@exports.db_task(timeout=Backup.time_limit.total_seconds())
def run_backup(backup_id):
    run(Backup, backup_id)


@schedule("30 2 * * *", purpose=_("Back up the database and the files, and prove the backup."))
def back_up():
    if database.is_supported():
        Backup.objects.start(Reason.NIGHTLY)


@exports.db_task()
def post_webhook(webhook_id):
    run(Webhook, webhook_id)


def watch_over(queue):
    """Each minute: look for trouble and tell. Each consumer does, because one of them may be what is dead; then it also
    sends what the other one should have sent."""

    @queue.db_task(name=f"stand_in_{queue.name}")
    def stand_in(kind, job_id):
        run(apps.get_model(kind), job_id)

    @queue.db_periodic_task(crontab(), name=f"watch_{queue.name}")
    def watch_and_stand_in():
        for job in left_lying(queue.name, timezone.now()):  # first: what is told next would make it old news
            stand_in(job._meta.label_lower, job.pk)
        watch()

    return watch_and_stand_in


#: By queue: what its consumer does each minute.
watches = {name: watch_over(queue) for name, queue in QUEUES.items()}


@schedule("47 4 * * *", purpose=_("Delete alerts that were over long ago."))
def forget_alerts():
    Alert.objects.filter(ended_at__lt=begin_of_history(timezone.now())).delete()
