from config.queues import exports
from jobs.runner import run
from jobs.schedules import schedule
from ops.backups import database
from ops.backups.catalog import Reason
from ops.models import Backup


@exports.db_task(timeout=Backup.time_limit.total_seconds())
def run_backup(backup_id):
    run(Backup, backup_id)


@schedule("30 2 * * *")
def back_up():
    """Back up the database and the files, and prove the backup."""
    if database.is_supported():
        Backup.objects.start(Reason.NIGHTLY)
