from bench.loads.models import EmailNothing, ExportNothing, Telling
from bench.loads.starts import note
from config.queues import emails, exports
from jobs.runner import run


@emails.db_task()
def run_email_nothing(pk):
    run(EmailNothing, pk)


@exports.db_task(timeout=ExportNothing.time_limit.total_seconds())
def run_export_nothing(pk):
    run(ExportNothing, pk)


@emails.db_task()
def run_telling(pk):
    run(Telling, pk)


@emails.db_task()
def note_start(path):
    note(path)
