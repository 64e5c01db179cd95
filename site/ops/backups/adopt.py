"""Brings an unpacked database to this release: `python -m ops.backups.adopt [--settle]`, with DATA_DIR and DATABASE_URL
pointing at it. Prints JSON.

`--settle` makes it the installation's data: what its jobs and e-mails were in the middle of when the backup was made
happened long ago, and what came of it this database does not know.

- A running job is given back, so that the next start resumes it.
- An e-mail that had not been sent then has probably been sent since. It follows the rule of its kind for that doubt
  (`mail.kinds.Kind.resend`): it is sent, with the same Message-ID, or it waits in the outbox for a person.
- An article whose time came since is published now, and whoever is to be told of it, or of anything else whose
  notification was not done, has probably been told: the notification waits for a person where its e-mails would.
"""

import json
import sys

import django
from django.utils.translation import gettext_lazy as _

#: What a person reads who is to decide.
DOUBT = _("Restored from a backup: it was not sent when that was made, and has probably been sent since.")


def main(settle: bool):
    django.setup()
    from django.apps import apps
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0)
    tables = set(connection.introspection.table_names())
    for model in apps.get_models():  # a row of each, as this release reads it
        if model._meta.managed and model._meta.db_table in tables:
            model._base_manager.order_by("pk").first()
    print(json.dumps(settled() if settle else {}))  # noqa: T201 (for the process that waits)


def settled() -> dict:
    """Settle what was unfinished. Returns how many jobs will be resumed, and how many e-mails and notifications wait
    for a person."""
    from articles.models.notification import Notification
    from articles.tasks import publish_due_articles
    from jobs.models import ConsumerProcess, Status
    from jobs.sweep import kinds
    from mail.models import Email
    from ops.models import Backup

    for backup in Backup.objects.unfinished():
        backup.cancel()  # it is the one that made this, or was to come after it
    resumed, waiting = 0, 0
    for kind in kinds():
        for job in kind.objects.running():
            job.give_back()
            if job.status == Status.PENDING:
                resumed += 1
            else:  # an e-mail that was on its way
                waiting += 1
    publish_due_articles()
    for kind in kinds():
        if issubclass(kind, Notification):
            waiting += sum(job.doubt(str(DOUBT)) for job in kind.objects.unfinished())
    waiting += Email.objects.doubt(str(DOUBT))
    ConsumerProcess.objects.all().delete()
    return {"resumed": resumed, "waiting": waiting}


if __name__ == "__main__":
    main(sys.argv[1:] == ["--settle"])
