"""Tasks that are about to come, all of them at once.

Writing a task costs several times what its row costs: the index of the search (orgs/search.py) reads every letter. All
that is done ahead, in short transactions: staged rows already have the ids that their tasks will have, and triggers
(migration 0001) keep the index over both tables. What is left for the one transaction is a single INSERT … SELECT.
"""

import datetime
import time

from django.db import connections, models, router, transaction

from orgs.models import Organization, Task

#: Rows that are written in one transaction: some ten milliseconds, for which nobody else can write.
BATCH = 500
#: Seconds between two of them. SQLite has no queue: who waits looks again every now and then, and would be out of luck
#: for long where the lock is hardly ever free.
PAUSE = 0.02

#: What a task is made of, in both tables.
COLUMNS = (
    "organization_id",
    "title",
    "description",
    "status",
    "priority",
    "assigned_to_id",
    "due_date",
    "created_by_id",
    "created_at",
    "updated_at",
    "completed_at",
)


class StagedTask(models.Model):
    #: The id that the task will have: reserved, so that nobody else gets it.
    id = models.BigIntegerField(primary_key=True)
    task_import = models.ForeignKey("imports.TaskImport", models.CASCADE, related_name="staged", db_index=False)
    attempt = models.PositiveIntegerField()
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    title = models.CharField(max_length=200)
    description = models.TextField()
    status = models.CharField(max_length=12)
    priority = models.PositiveSmallIntegerField()
    # No foreign keys: an account may be deleted meanwhile, and the task then has nobody.
    assigned_to_id = models.BigIntegerField(null=True)
    due_date = models.DateField(null=True)
    created_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["task_import", "id"], name="stagedtask_of_import")]

    def __str__(self):
        return self.title


def reserve(count) -> list[int] | range:
    """`count` ids that no other task will get, in ascending order. Gaps in between are possible."""
    connection = connections[router.db_for_write(Task)]
    table = Task._meta.db_table
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return sorted(number for (number,) in cursor)
        # An AUTOINCREMENT table takes what is above this number (https://sqlite.org/autoinc.html).
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq", [count, table])
        row = next(iter(cursor.fetchall()), None)
        if row is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
            row = (count,)
        return range(row[0] - count + 1, row[0] + 1)


def stage(rows):
    """Write rows, lists of the values of COLUMNS behind (id, id of the import, attempt), in one statement: the index of
    the search is written once for each statement."""
    connection = connections[router.db_for_write(StagedTask)]
    marks = ", ".join(["%s"] * len(rows[0]))
    sql = (
        f"INSERT INTO {StagedTask._meta.db_table} (id, task_import_id, attempt, {', '.join(COLUMNS)})"  # noqa: S608 (names of our models' columns; values are parameters)
        f" VALUES {', '.join([f'({marks})'] * len(rows))}"
    )
    ready = [_adapted(value, connection.ops) for row in rows for value in row]
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute(sql, ready)
    time.sleep(PAUSE)


def _adapted(value, ops):
    """As the database takes it."""
    if isinstance(value, datetime.datetime):
        return ops.adapt_datetimefield_value(value)
    return ops.adapt_datefield_value(value) if isinstance(value, datetime.date) else value


def insert(task_import, attempt) -> int:
    """Make tasks of all rows that the attempt has staged, in the transaction that makes the import done: afterwards the
    caller unstages them. Returns how many they were."""
    connection = connections[router.db_for_write(Task)]
    people = {"assigned_to_id", "created_by_id"}
    account = Organization.members.rel.model._meta.db_table
    exists = "(SELECT p.id FROM {table} p WHERE p.id = s.{name})"
    values = (exists.format(table=account, name=name) if name in people else f"s.{name}" for name in COLUMNS)
    table = StagedTask._meta.db_table
    sql = (
        f"INSERT INTO {Task._meta.db_table} (id, {', '.join(COLUMNS)}) SELECT s.id, {', '.join(values)}"  # noqa: S608 (names of our models' columns; values are parameters)
        f" FROM {table} s WHERE s.task_import_id = %s AND s.attempt = %s ORDER BY s.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [task_import.pk, attempt])
        return cursor.rowcount


def discard(rows, beat=lambda: None):
    """Unstage the queryset `rows` in short transactions; `beat()` is called after each."""
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.filter(pk__gte=ids[0], pk__lte=ids[-1]).delete()
        beat()
        time.sleep(PAUSE)
