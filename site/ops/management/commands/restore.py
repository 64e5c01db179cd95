import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from ops.backups.restore import restore
from ops.backups.room import FAILURES


class Command(BaseCommand):
    help = (
        "Make a backup the data of this installation, which must not be running. What was there before is kept aside, "
        "in a folder that can be restored in the same way."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE", help="the archive, or a folder DATA_DIR/replaced-…")

    def handle(self, *, file, **options):
        os.umask(0o077)
        try:
            restore(file, self.say)
        except FAILURES as error:
            raise CommandError(f"Nothing was changed. {error}") from error

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()
