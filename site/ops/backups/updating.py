"""Migrations, with a way back: a database that is not new is backed up first, and is put back where one fails.

Each migration is a transaction, but an update is several. Where one fails the earlier ones have happened, and neither
the old release nor the new one may fit the database. A kill in between does no such harm: the next start goes on, and
goes back to the same backup if it has to (`DATA_DIR/update.json` names it). Where the next start is one of the release
from before, it goes back at once.
"""

import json
import logging
from collections.abc import Callable

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, connections
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from config import lock
from config.release import RELEASE
from exports.files import written_whole
from ops.backups import archive, catalog, database
from ops.backups.catalog import BackupFile, Reason
from ops.backups.making import make, no_beat, working
from ops.backups.room import FAILURES

logger = logging.getLogger("ops")


def update(plan: list[tuple[Migration, bool]], *, has_data: bool, say: Callable[[str], object]):
    """Run the migrations that are missing, the `plan` of a MigrationExecutor. `has_data`: whether there is anything to
    lose.

    Raises CommandError, with the database as it was before the update; where it is a server's, as the last migration
    left it that went well.
    """
    with lock.alone():
        before = None
        if has_data and database.is_supported():
            before = _back_up(say)
        elif has_data:
            say("The database is on a PostgreSQL server: its backups are the server's own (pg_dump).")
        say(f"Updating the database: {len(plan)} migrations.")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except Exception as error:
            logger.exception("the update of the database failed")
            if before is None:
                raise CommandError(_stopped(plan, error)) from error
            _go_back(before)
            raise CommandError(
                f"The update to release {RELEASE} failed: {_in_a_line(error)}. The database is as it was before, "
                "with nothing lost. Start the release that ran until now, and report this error. The backup from "
                f"before the update is {before.path}."
            ) from error
        forget()
    if before is not None:
        from ops.models import Backup

        Backup.objects.start_proof(before.name)


def _stopped(plan, error) -> str:
    """How far an update has come that nobody takes back, in words, and what to do."""
    words = f"The update to release {RELEASE} failed: {_in_a_line(error)}. "
    connections.close_all()
    try:
        applied = MigrationLoader(connection).applied_migrations
    except DatabaseError as trouble:
        return (
            f"{words}How far it came cannot be found out, because the database does not answer: {_in_a_line(trouble)}. "
            "Mend that and start again: the update goes on where it stopped."
        )
    names = [(migration.app_label, migration.name) for migration, _ in plan]
    missing, done = ([".".join(name) for name in names if (name in applied) is there] for there in (False, True))
    if missing:
        words += f"It stopped in {missing[0]}, of which nothing is left in the database. "
    if not done:
        return f"{words}Nothing else was changed: start the release that ran until now, and report this error."
    return (
        f"{words}What was changed before it stays: {', '.join(done[:5])}{', …' * (len(done) > 5)}. A release in which "
        "that is mended goes on from there. The one that ran until now may not fit: to go back to it, restore your "
        "copy of the database from before the update (pg_restore)."
    )


def give_up(say: Callable[[str], object]):
    """Go back to before an update that was interrupted, where that was to a release whose changes this one does not
    know. Nothing is lost by it: until now nobody could use what the update has left.

    Raises CommandError.
    """
    with lock.alone():
        before = _begun()
        loader = MigrationLoader(connection)
        told = {tuple(migration) for migration in before.manifest["migrations"]} if before else set()
        if before is None or not loader.applied_migrations.keys() - loader.disk_migrations.keys() - told:
            return
        say(f"An update to another release was interrupted. Going back to {before.name}, the backup from before it.")
        _go_back(before)


def forget():
    """The update is over: a later one must not go back to before this one."""
    lock.UPDATING.unlink(missing_ok=True)


def _back_up(say) -> BackupFile:
    before = _begun()
    if before is not None:
        say(f"Going on with an update that was interrupted. The backup from before it is {before.name}.")
        return before
    say("Backing up the database and the files before the update.")
    try:
        before = make(Reason.UPDATE)
    except FAILURES as error:
        raise CommandError(
            f"Nothing was updated, because no backup could be made first. {error} To update without one, run "
            "`manage.py migrate` yourself."
        ) from error
    with written_whole(lock.UPDATING) as file:
        file.write(json.dumps({"backup": before.name}).encode())
    return before


def _begun() -> BackupFile | None:
    """The backup of an update that was interrupted."""
    try:
        return catalog.find(json.loads(lock.UPDATING.read_bytes())["backup"])
    except FileNotFoundError:
        return None


def _go_back(before: BackupFile):
    """Make the database what it was. What is killed meanwhile leaves it as the failed update did, and the next start
    tries again. Raises CommandError where that cannot be done."""
    connections.close_all()
    try:
        with working(no_beat) as folder:
            unpacked = folder / archive.DATABASE
            archive.unpack_database(before.path, unpacked, sha256=_sha256(before), beat=no_beat)
            database.replace(database.path(), unpacked, no_beat)
    except FAILURES as error:
        raise CommandError(
            f"An update of the database ended half-way, and could not go back to {before.path}: {_in_a_line(error)}. "
            "Roost will not run on what is there. Mend that and start again, or restore another backup."
        ) from error
    forget()


def _sha256(before: BackupFile) -> str:
    return before.manifest["database"]["sha256"]


def _in_a_line(error) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300].rstrip('.')}"
