"""What the attempts of an import leave behind before it is done: files, rejected rows, and tasks that nobody sees."""

from array import array
from contextlib import suppress
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext

from exports.files import written_whole
from exports.imports.models.rejected import Rejects
from exports.imports.models.upload import folder
from exports.imports.rows import new_tasks, read_rows
from jobs.errors import JobFailed, LeaseLost
from orgs.models import Arrival
from orgs.models.arrival import Withdrawn, batches


class Traces:
    """The part of TaskImport that writes them, finds them, and removes them."""

    def files(self, attempts="*") -> list[Path]:
        return list(folder(self.organization_id).glob(f"{self.pk}-{attempts}.rejected.csv"))

    @property
    def path(self) -> Path:
        """The file of the rejected rows."""
        return folder(self.organization_id) / f"{self.pk}-{self.attempt}.rejected.csv"

    @property
    def has_file(self):
        return bool(self.rejected) and self.path.is_file()

    @property
    def download_name(self):
        return f"{self.organization.slug}-import-{self.pk}-rejected-rows.csv"

    def clear(self):
        """Remove what attempts that were killed have left."""
        if self.upload is None:
            raise JobFailed(gettext("The file is no longer there. Send it again."))
        if self.arrival:
            self.arrival.withdraw(self.heartbeat)
        self.rejected_rows.filter(attempt__lt=self.attempt).delete()
        unlink(path for attempt in range(self.attempt) for path in self.files(attempt))

    def leave(self):
        """Remove what this attempt has written; another one may be at work already."""
        if self.arrival:
            self.arrival.withdraw()
        self.rejected_rows.filter(attempt=self.attempt).delete()
        unlink([self.path])

    def check_rows(self):
        """Check every row. Returns how many are rejected, and the tasks' numbers in the file (0 where it has none)."""
        numbers = array("q")
        with written_whole(self.path) as file:
            rejects = Rejects(self, file)
            for done, (line, task, errors, cells) in enumerate(read_rows(self), 1):
                numbers.append(task.get("id") or 0)
                if errors:
                    rejects.add(line, cells, errors)
                self.heartbeat(progress=done // 2)  # the other half is writing
        rejects.save()
        if not rejects.count:
            unlink([self.path])
        self.total = len(numbers)
        return rejects.count, numbers

    def write_tasks(self, numbers):
        """Write all tasks, so that nobody sees any of them yet."""
        with transaction.atomic():
            self.arrival = Arrival.announce(self.organization, len(numbers))
            if not type(self).objects.filter(**self._mine()).update(arrival=self.arrival):
                raise LeaseLost
        done = 0
        for batch in batches(new_tasks(self, numbers, self.arrival.ids)):
            try:
                self.arrival.add(batch)
            except Withdrawn as error:
                raise LeaseLost from error
            done += len(batch)
            self.heartbeat(progress=(len(numbers) + done) // 2)


def unlink(paths):
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()
