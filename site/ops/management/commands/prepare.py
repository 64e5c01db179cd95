from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config import lock
from ops import static_files
from ops.backups import swap, updating


class Command(BaseCommand):
    help = "Bring the database, the cache table and the static files up to date. Safe to repeat; quick when they are."

    def handle(self, **options):
        if lock.RESTORING.exists():
            with lock.alone():
                self.stdout.write(f"Ended the restore of {swap.finish().source}, which was interrupted.")
        if lock.UPDATING.exists():
            updating.give_up(say=self.stdout.write)
        executor = self.look()
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            updating.update(len(plan), has_data=bool(executor.loader.applied_migrations), say=self.stdout.write)
        else:
            updating.forget()  # killed when all was done
        lock.share()
        call_command("createcachetable", verbosity=0)
        if static_files.collect():
            self.stdout.write("Collected the static files.")

    def look(self):
        """What there is to migrate. Raises CommandError where the database cannot be read."""
        try:
            return MigrationExecutor(connection)
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be read: {error}. `manage.py doctor` examines it; where it is damaged, "
                "`manage.py restore FILE` puts a backup in its place."
            ) from error
