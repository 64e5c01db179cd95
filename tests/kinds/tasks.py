from config.queues import emails, exports
from jobs.runner import run
from tests.kinds.models import Errand, Note, Sprint


@exports.db_task()
def run_errand(errand_id):
    run(Errand, errand_id)


@exports.db_task()
def run_sprint(sprint_id):
    run(Sprint, sprint_id)


@emails.db_task()
def run_note(note_id):
    run(Note, note_id)
