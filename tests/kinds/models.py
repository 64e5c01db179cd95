"""Kinds of jobs that do what tests need: count, wait, fail, and kill their worker."""

import os
import signal
import sqlite3
import time
from datetime import timedelta
from pathlib import Path

from django.db import connection, models, transaction

from jobs.errors import JobFailed
from jobs.models import Job


class Chore(Job):
    """Does what `action` says, `argument` its detail."""

    max_attempts = 3
    backoff = timedelta(seconds=1)
    time_limit = timedelta(seconds=20)

    action = models.CharField(max_length=20, default="nothing")
    argument = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=200, blank=True)

    class Meta(Job.Meta):
        abstract = True

    def perform(self):
        return getattr(self, f"do_{self.action}")(self.argument)

    def do_nothing(self, _):
        return None

    def do_answer(self, words):
        return {"result": words}

    def do_refuse(self, words):
        raise JobFailed(words)

    def do_break(self, words):
        raise ZeroDivisionError(words)

    def do_miss(self, _):
        """Asks for a row that is gone."""
        type(self).objects.get(pk=-1)

    def do_vanish(self, _):
        """Its own row is deleted while it works, and it cannot know why that goes wrong."""
        type(self).objects.filter(pk=self.pk).delete()
        raise ZeroDivisionError

    def do_time_out(self, words):
        raise TimeoutError(words)

    def do_count(self, seconds):
        """Heartbeats for so many seconds, a line in the file `result` names for each run."""
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            self.heartbeat(progress=self.progress + 1, total=self.total or 1000)
            time.sleep(0.01)

    def do_hang(self, seconds):
        """Is busy without a heartbeat."""
        time.sleep(float(seconds))

    def do_hang_and_answer(self, seconds):
        time.sleep(float(seconds))
        return {"result": "well done"}

    def do_spoil_connection(self, words):
        """Leaves the connection in a state where it cannot begin a transaction."""
        connection.cursor().execute("BEGIN")
        return {"result": words}

    def do_grind(self, _):
        """Is busy for minutes in one call into C, where no signal is looked at."""
        query = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000000) SELECT count(*) FROM n"
        )
        sqlite3.connect(":memory:").execute(query).fetchone()

    def do_note(self, path):
        """Leaves a line in a file, so that a test can count the runs."""
        with Path(path).open("a") as file:
            file.write(f"{self.pk}\n")

    def do_write(self, _):
        """Is busy with one transaction after the other, without a heartbeat."""
        while True:
            with transaction.atomic():
                pass
            time.sleep(0.01)

    def do_kill(self, _):
        os.kill(os.getpid(), signal.SIGKILL)


class Errand(Chore):
    """Runs in the worker processes of `exports`."""

    queue = "exports"
    doorbell = "tests.kinds.tasks.run_errand"


class Sprint(Chore):
    """An errand that must be quick."""

    queue = "exports"
    doorbell = "tests.kinds.tasks.run_sprint"
    time_limit = timedelta(seconds=1)
    max_attempts = 1

    class Meta(Chore.Meta):
        db_table = "kinds sprint"  # a name that must be quoted


class Note(Chore):
    """Runs in the threads of `emails`."""

    queue = "emails"
    doorbell = "tests.kinds.tasks.run_note"
