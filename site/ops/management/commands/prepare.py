from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
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
        executor = MigrationExecutor(connection)
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            updating.update(len(plan), has_data=bool(executor.loader.applied_migrations), say=self.stdout.write)
        else:
            updating.forget()  # killed when all was done
        lock.share()
        call_command("createcachetable", verbosity=0)
        if static_files.collect():
            self.stdout.write("Collected the static files.")
