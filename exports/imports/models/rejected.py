from django.db import models

#: Rejected rows that are shown; the file has them all.
SHOWN = 1000


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
