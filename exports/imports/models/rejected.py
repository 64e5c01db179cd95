import csv
import io

from django.db import models
from django.utils.translation import gettext as _

from exports.imports.fields import plain
from exports.writers.dialects import FORMULA

#: Rejected rows that are shown; the file has them all.
SHOWN = 1000
#: Rows that are written in one transaction.
BATCH = 500


class RejectedRow(models.Model):
    """A row of a file that cannot become a task, and why."""

    task_import = models.ForeignKey("imports.TaskImport", models.CASCADE, related_name="rejected_rows", db_index=False)
    attempt = models.PositiveIntegerField()
    line = models.PositiveIntegerField()  # where it begins in the file
    errors = models.JSONField()  # [[name of the field, or "", message], …]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task_import", "attempt", "line"], name="imports_rejected_once"),
        ]

    def __str__(self):
        return f"line {self.line}: {describe(self.errors)}"


def describe(errors) -> str:
    """The errors of a row in a line."""
    return "; ".join(f"{name} {message}" if name else message for name, message in errors)


class Rejects:
    """Collects the rejected rows of a TaskImport's attempt: all in the `file`, the first ones in the database."""

    def __init__(self, job, file):
        self.job = job
        self.file = file
        self.count = 0
        self.waiting = []

    def add(self, line, cells, errors):
        if not self.count:
            self.file.write("\ufeff".encode())  # by which Excel recognizes UTF-8
            self._write([*self.job.upload.header(), "error"])
        self.count += 1
        self._write([*cells, _("Line %(line)s: %(errors)s") % {"line": line, "errors": describe(errors)}])
        if self.count <= SHOWN:
            row = RejectedRow(task_import=self.job, attempt=self.job.attempt, line=line, errors=errors)
            self.waiting.append(row)
        if len(self.waiting) >= BATCH:
            self.save()

    def save(self):
        RejectedRow.objects.bulk_create(self.waiting)
        self.waiting = []

    def _write(self, cells):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.job.upload.delimiter, quoting=csv.QUOTE_ALL).writerow(map(harmless, cells))
        self.file.write(text.getvalue().encode(errors="replace"))


def harmless(cell):
    """A cell as an export writes it: no formula (see FORMULA). One that it has written stays as it is."""
    text = plain(cell)
    return f"'{text}" if text.lstrip("'").startswith(tuple(FORMULA)) else text
