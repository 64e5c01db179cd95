from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ops import static_files


class Command(BaseCommand):
    help = "Bring the database, the cache table and the static files up to date. Safe to repeat; quick when they are."

    def handle(self, **options):
        executor = MigrationExecutor(connection)
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write(f"Updating the database: {len(plan)} migrations.")
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if static_files.collect():
            self.stdout.write("Collected the static files.")
