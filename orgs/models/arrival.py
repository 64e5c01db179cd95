"""Many new tasks that everybody sees at once, or never.

    announce ──► add, add, … ──┬─ open ──► its tasks are on the list, all of them
      nobody sees its tasks    └─ withdraw ──► there are none

100,000 tasks cannot be written in one short transaction, because each is in seven indexes and in that of the search. So
they are written in many, under ids that are theirs alone. `Task.objects` leaves out the ids of all Arrivals that there
are (`coming`), and to open one is to delete its row.
"""

import datetime
import time
from contextlib import contextmanager

from django.db import connections, models, router, transaction
from django.db.models.expressions import Exists, OuterRef

from orgs.models.organization import Organization

#: Rows, and characters of their texts, that are written in one transaction: some 15 milliseconds, for which nobody
#: else can write.
BATCH = 100
BATCH_TEXT = 64 * 1024
#: What a task that comes is made of, beside its organization.
COLUMNS = (
    "id",
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


class Withdrawn(Exception):
    """The Arrival is gone: whoever made it has lost it to somebody else."""


class Arrival(models.Model):
    """Tasks of one organization that are about to come, by their ids."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    written = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"tasks {self.first_id} to {self.last_id}"

    @classmethod
    def announce(cls, organization, count):
        """Make way for `count` tasks (at least one): their ids are reserved, so that nobody else gets them."""
        with transaction.atomic():
            last = _reserve(_tasks().model, count)
            return cls.objects.create(organization=organization, first_id=last - count + 1, last_id=last)

    @property
    def ids(self) -> range:
        return range(self.first_id, self.last_id + 1)

    def add(self, rows):
        """Write tasks, lists of the values of COLUMNS with ids of ours, in one transaction: pass a BATCH at most.

        Raises Withdrawn.
        """
        table = _tasks().model._meta
        marks = f"(%s, {', '.join(['%s'] * len(COLUMNS))})"
        sql = (
            f"INSERT INTO {table.db_table} (organization_id, {', '.join(COLUMNS)})"  # noqa: S608 (names of our model's columns; values are parameters)
            f" VALUES {', '.join([marks] * len(rows))}"
        )
        connection = connections[router.db_for_write(table.model)]
        values = [_adapted(value, connection.ops) for row in rows for value in (self.organization_id, *row)]
        with taking_turns(connection.alias), connection.cursor() as cursor:
            if not Arrival.objects.filter(pk=self.pk).update(written=models.F("written") + len(rows)):
                raise Withdrawn
            cursor.execute(sql, values)  # one statement: the index of the search is written once for each

    def open(self):
        """Let everybody see its tasks, in the transaction of the caller. Raises Withdrawn, also where some are
        missing."""
        if not Arrival.objects.filter(pk=self.pk, written=len(self.ids)).delete()[0]:
            raise Withdrawn

    def withdraw(self, beat=lambda: None):
        """Delete it and its tasks, in short transactions; `beat()` is called after each."""
        while self._withdraw_some():
            beat()

    def _withdraw_some(self):
        """Returns whether there may be more."""
        tasks = _tasks().filter(pk__gte=self.first_id, pk__lte=self.last_id)
        with taking_turns(router.db_for_write(Arrival)):
            # Whoever still adds some stands in line here, and then finds the row gone. Where it has been opened, or
            # somebody else has withdrawn it, nothing is ours.
            if not Arrival.objects.select_for_update(no_key=True).filter(pk=self.pk).exists():
                return False
            some = list(tasks.order_by("pk").values_list("pk", flat=True)[:BATCH])
            tasks.filter(pk__in=some).delete()
            if len(some) == BATCH:
                return True
            self.delete()
            return False


def coming():
    """The condition that a task is about to come: nobody is to see it yet.

    Whether there is any Arrival is found out once a statement, and mostly the answer for all rows.
    """
    its = Arrival.objects.filter(first_id__lte=OuterRef("pk"), last_id__gte=OuterRef("pk"))
    return Exists(Arrival.objects.all()) & Exists(its)


@contextmanager
def taking_turns(using):
    """A transaction, and then a pause of the same length. SQLite has no queue: who waits looks again every now and then
    (https://sqlite.org/c3ref/busy_timeout.html), and would seldom find the lock free between many that follow each
    other."""
    with transaction.atomic(using):
        start = time.monotonic()
        yield
    time.sleep(time.monotonic() - start)


def batches(rows):
    """Yield the `rows` as lists that may be added at once."""
    batch, text = [], 0
    for row in rows:
        batch.append(row)
        text += len(row[1]) + len(row[2])
        if len(batch) == BATCH or text > BATCH_TEXT:
            yield batch
            batch, text = [], 0
    if batch:
        yield batch


def _adapted(value, ops):
    """As the database takes it."""
    if isinstance(value, datetime.datetime):
        return ops.adapt_datetimefield_value(value)
    return ops.adapt_datefield_value(value) if isinstance(value, datetime.date) else value


def _tasks():
    """All tasks, also those that are about to come. (The model stands above this module.)"""
    return Organization.tasks.rel.related_model._base_manager


def _reserve(model, count) -> int:
    """Take the next `count` ids of the model for oneself; returns the last one."""
    connection, table = connections[router.db_for_write(model)], model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return _reserve_of_sequence(cursor, table, count)
        # An AUTOINCREMENT table takes what is above this number (https://sqlite.org/autoinc.html).
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq", [count, table])
        if row := next(iter(cursor.fetchall()), None):
            return row[0]
        cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
        return count


def _reserve_of_sequence(cursor, table, count):
    """PostgreSQL gives numbers to all who ask, in turns; while a sequence is altered the others wait
    (https://www.postgresql.org/docs/current/sql-altersequence.html), so that ours follow each other."""
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
    (sequence,) = cursor.fetchone()
    # The first number that a sequence ever gives is where it starts, whatever its increment.
    cursor.execute("SELECT nextval(%s)", [sequence])
    cursor.execute(f"ALTER SEQUENCE {sequence} INCREMENT BY {int(count)}")
    cursor.execute("SELECT nextval(%s)", [sequence])
    (last,) = cursor.fetchone()
    cursor.execute(f"ALTER SEQUENCE {sequence} INCREMENT BY 1")
    return last
