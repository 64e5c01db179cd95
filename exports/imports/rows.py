"""The rows of a file as the tasks that an import makes of them."""

import heapq
from array import array

from django.utils.translation import gettext as _

from exports.imports.fields import Context, People, RowReader
from orgs.models.arrival import COLUMNS

#: What a row gives its task, in the order in which an Arrival takes it.
FIELDS = [name.removesuffix("_id") for name in COLUMNS if name != "id"]

#: Rows that are sorted at a time.
PART = 4096


class RowsChanged(Exception):
    """A row was right when it was checked, and is not any more: whom it names has left meanwhile."""


def read_rows(job):
    """Yields (line, columns of a task, errors, cells) of each row of a TaskImport's file: of the columns and the errors
    one is empty. Read as often as wanted: none is kept. Raises BadFile."""
    people = People(job.organization, unknown_is_nobody=job.leave_out_unknown)
    context = Context(people, job.requested_by.zone, now=job.created_at)
    reader, width = RowReader(job.mapping, context, job.requested_by_id), len(job.upload.header())
    for line, cells in job.upload.rows():
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]  # a spreadsheet's empty columns
        if len(cells) == width:
            yield line, *reader.read(cells), cells
        else:
            words = _("%(number)d cells, where the first line has %(width)d") % {"number": len(cells), "width": width}
            yield line, {}, [("", words)], cells


def new_tasks(job, numbers, ids):
    """Yields the tasks of an import whose rows are right, as Arrival.add() takes them.

    Arguments: `numbers`, those of the rows, 0 where they have none; `ids`, as many as there are rows, ascending. Raises
    RowsChanged.
    """
    for new, (line, task, errors, __) in zip(in_order(numbers, ids), read_rows(job), strict=True):
        if errors:
            raise RowsChanged(f"Line {line} has become wrong.")
        yield [new, *map(task.__getitem__, FIELDS)]


def in_order(numbers, ids):
    """The new ids of tasks that had `numbers`, row by row: in the same order as these. Without numbers the first row
    gets the highest, since a list, and an export, begin with the newest."""
    number, rows = numbers.__getitem__, range(len(numbers))
    if all(numbers):
        # A list of all rows, which sorted() makes, would take 80 bytes for each.
        parts = (rows[start : start + PART] for start in rows[::PART])
        rising = heapq.merge(*(array("q", sorted(part, key=number)) for part in parts), key=number)
    else:
        rising = reversed(rows)
    placed = array("q", bytes(8 * len(numbers)))
    for row, new in zip(rising, ids, strict=True):
        placed[row] = new
    return placed
