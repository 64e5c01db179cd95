import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from config import lock
from ops.backups import catalog
from ops.backups.catalog import Reason
from ops.backups.making import make, prove
from ops.backups.room import FAILURES


class Command(BaseCommand):
    help = "Back up the database and the files into one archive while the site runs, and prove that it can be restored."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--output", type=Path, metavar="FILE", help="write it to FILE, not to DATA_DIR/backups")
        parser.add_argument("--list", action="store_true", help="only list the backups in DATA_DIR/backups")

    def handle(self, *, output, list, **options):
        os.umask(0o077)
        if list:
            return self.list()
        lock.share()
        if output is not None:
            refuse(output)
        try:
            backup = make(Reason.BY_HAND, output=output)
            self.stdout.write(f"Wrote {backup.path} ({filesizeformat(backup.size)}, {backup.rows:,} rows).")
            self.stdout.flush()
            prove(backup, listed=output is None)
        except FAILURES as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Proven: it was unpacked, checked, counted and brought to this release.")
        if output is None:
            catalog.prune()

    def list(self):
        for backup in catalog.backups():
            made = timezone.localtime(backup.made_at, timezone.get_default_timezone())
            not_proven = backup.error or (f"not proven: {backup.no_room}" if backup.no_room else "not proven yet")
            state = "proven" if backup.proven_at else not_proven
            size = filesizeformat(backup.size).replace("\xa0", " ")
            self.stdout.write(f"{backup.path}  {made:%Y-%m-%d %H:%M}  {size}  {backup.reason.label.lower()}  {state}")


def refuse(output: Path):
    """Raise CommandError for a FILE that cannot be written or is there."""
    if output.exists():
        raise CommandError(f"{output} is there already. Name a new file.", returncode=2)
    if not output.absolute().parent.is_dir():
        raise CommandError(f"There is no folder {output.absolute().parent}.", returncode=2)
