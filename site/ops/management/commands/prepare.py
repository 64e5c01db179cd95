from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config import lock
from config.release import RELEASE
from ops import static_files
from ops.backups import swap, updating
from ops.backups.making import unknown_migrations


class Command(BaseCommand):
    help = "Bring the database, the cache table and the static files up to date. Safe to repeat; quick when they are."

    def handle(self, **options):
        if lock.RESTORING.exists():
            with lock.alone():
                self.stdout.write(f"Ended the restore of {swap.finish().source}, which was interrupted.")
        if lock.UPDATING.exists():
            updating.give_up(say=self.stdout.write)
        executor = self.look()
        self.refuse_newer(executor.loader)
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            updating.update(plan, has_data=bool(executor.loader.applied_migrations), say=self.stdout.write)
        else:
            updating.forget()  # killed when all was done
        lock.share()
        call_command("createcachetable", verbosity=0)
        if static_files.collect():
            self.stdout.write("Collected the static files.")

    def refuse_newer(self, loader):
        """Raise CommandError where a newer release has changed the database: what this one would write into it, nobody
        knows."""
        if unknown := unknown_migrations(loader, loader.applied_migrations):
            raise CommandError(
                f"The database in {settings.DATA_DIR} belongs to a newer release: this one ({RELEASE}) does not know "
                f"{len(unknown)} of its changes, such as {unknown[-1]}. Start that release, or restore a backup from "
                "before it: manage.py backup --list"
            )

    def look(self):
        """What there is to migrate. Raises CommandError where the database cannot be read."""
        try:
            return MigrationExecutor(connection)
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be read: {error}. `manage.py doctor` examines it; where it is damaged, "
                "`manage.py restore FILE` puts a backup in its place."
            ) from error
