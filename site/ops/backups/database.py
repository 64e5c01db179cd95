"""A consistent copy of a SQLite database while others write to it, and what is in a database.

The copy is made by SQLite's online backup (sqlite.org/backup.html). Left alone it begins again whenever another process
writes between two of its steps, and under a steady load never ends. Here its source has a read transaction open from
the first page to the last: each step then reads that one snapshot, writers go on in the write-ahead log, and nothing
begins again. (sqlite3_backup_step() opens a transaction of its own only where there is none.)
"""

from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connections
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.sqlite import sqlite3
from ops.backups.room import BackupError, Syncing

#: What is told of progress: called with the bytes that have just been dealt with, often; what it raises ends the work.
Beat = Callable[[int], None]

#: Bytes that are copied between two beats.
STEP = 4 * 1024 * 1024
#: Instructions of SQLite's machine between two beats: some milliseconds.
INSTRUCTIONS = 1_000_000


def is_supported() -> bool:
    """Whether the data is in SQLite. A server's is for the server's own tools."""
    return settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"


def require_support():
    """Raise BackupError where the data is not in SQLite."""
    if not is_supported():
        raise BackupError(ELSEWHERE)


ELSEWHERE = _(
    "The data is on a PostgreSQL server (DATABASE_URL), which Roost does not back up. Use the server's own means, such "
    "as `pg_dump --format=custom`, and copy DATA_DIR/media and DATA_DIR/secret_key beside it."
)


def path() -> Path:
    """The file of the database."""
    return Path(connections["default"].settings_dict["NAME"]).resolve()


def files(database: Path) -> list[Path]:
    """What belongs to a database, the file itself last: without it the others mean nothing, with it they must fit."""
    return [*(database.with_name(database.name + suffix) for suffix in ("-wal", "-shm", "-journal")), database]


def copy(source: Path, target: Path, beat: Beat):
    """Copy the database at `source`, as it is at the first moment, into the new file `target`."""
    with closing(_open(source)) as pinned, closing(sqlite3.connect(target)) as copied:
        pinned.execute("BEGIN")
        pinned.execute("SELECT 1 FROM sqlite_schema").fetchone()  # a transaction begins to read here, not at BEGIN
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -8000"):
            copied.execute(f"PRAGMA {pragma}")
        page = pinned.execute("PRAGMA page_size").fetchone()[0]
        with target.open("r+b") as file:
            syncing = Syncing(file.fileno())
            _backup(pinned, copied, page, lambda size: (syncing(size), beat(size)))
    target.chmod(0o600)


def replace(database: Path, by: Path, beat: Beat):
    """Make the content of `database` that of the database `by`, in one transaction."""
    with closing(_open(by, immutable=True)) as good, closing(sqlite3.connect(database, timeout=20)) as live:
        live.execute("PRAGMA journal_mode = WAL")
        _backup(good, live, good.execute("PRAGMA page_size").fetchone()[0], beat)
        live.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def checkpoint(database: Path):
    """Bring what stands in the write-ahead log into the file, as far as no reader needs it: else the next writer pays.

    (A passive checkpoint keeps nobody waiting, sqlite.org/pragma.html#pragma_wal_checkpoint.)
    """
    with closing(_open(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def close_log(database: Path):
    """Bring all of the write-ahead log into the file and remove the log; nobody else may have the database open."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = database.with_name(f"{database.name}-wal")
    if log.exists() and log.stat().st_size:
        raise BackupError(
            gettext("Another process has %(database)s open. End it, then try again.") % {"database": database}
        )


def size(database: Path) -> int:
    """Bytes of the database, the pages in its write-ahead log included."""
    with closing(_open(database)) as connection:
        return (
            connection.execute("PRAGMA page_count").fetchone()[0] * connection.execute("PRAGMA page_size").fetchone()[0]
        )


def facts(database: Path, beat: Beat) -> dict:
    """What is in a database that nobody has open: the rows of each table and the migrations that were applied."""
    with watched(database, beat) as query:
        # Not the tables that FTS keeps its index in: rebuilding it changes their rows.
        names = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        tables = [name for (name,) in query(f"{names} ORDER BY name") if not name.startswith("sqlite_")]
        rows = {name: query(f'SELECT count(*) FROM "{_quoted(name)}"')[0][0] for name in tables}  # noqa: S608 (no name can be a parameter; it is quoted)
        applied = query("SELECT app, name FROM django_migrations ORDER BY id") if "django_migrations" in tables else []
    return {"rows": rows, "migrations": [list(migration) for migration in applied]}


def check(database: Path, beat: Beat):
    """Raise BackupError unless a database that nobody has open is sound: its pages, indexes and foreign keys."""
    with watched(database, beat) as query:
        wrong = [words for (words,) in query("PRAGMA integrity_check(5)") if words != "ok"]
        if wrong:
            raise BackupError(gettext("The database is damaged: %(errors)s") % {"errors": "; ".join(wrong)})
        broken = query("PRAGMA foreign_key_check")
        if broken:
            table, row, parent, _ = broken[0]
            raise BackupError(
                gettext(
                    "Rows refer to others that do not exist: %(number)s, such as row %(row)s of %(table)s, whose "
                    "%(parent)s is missing."
                )
                % {"number": len(broken), "row": row, "table": table, "parent": parent}
            )


@contextmanager
def watched(database: Path, beat: Beat):
    """Gives query(sql), which returns all rows, and beats while it works."""
    raised = []

    def work():
        try:
            beat(0)
        except BaseException as error:  # noqa: BLE001 (raised below: SQLite would swallow it)
            raised.append(error)
            return 1
        return 0

    def query(sql):
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            if raised:
                raise raised[0] from None
            raise

    try:
        with closing(_open(database, immutable=True)) as connection:
            connection.set_progress_handler(work, INSTRUCTIONS)
            yield query
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
            raise
        raise BackupError(gettext("The database cannot be read: %(error)s.") % {"error": error}) from error


def _open(database: Path, *, immutable=False):
    """A connection that changes no data. `immutable` for a file that nobody writes, which gets no log beside it then.

    (Else it is opened for writing all the same: only such a one may make the shared memory that readers of a WAL
    database need.)
    """
    mode = "mode=ro&immutable=1" if immutable else "mode=rw"
    connection = sqlite3.connect(f"file:{quote(str(database))}?{mode}", uri=True, isolation_level=None, timeout=20)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = -8000")  # kibibytes: each page is read once
    return connection


def _backup(source, target, page, beat):
    left = None

    def progress(_, remaining, total):
        nonlocal left
        beat(((total if left is None else left) - remaining) * page)
        left = remaining

    source.backup(target, pages=max(STEP // page, 1), progress=progress)


def _quoted(name):
    return name.replace('"', '""')
