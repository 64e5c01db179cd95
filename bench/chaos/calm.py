"""After the storm: what an operator does, with the product's own means, and the wait until nothing is unfinished."""

import os
import signal
import time
from collections import Counter
from contextlib import suppress

from bench.chaos import database
from bench.chaos.proof import Check, folder
from bench.chaos.visitor import JSON, NoAnswer, NotSent
from bench.lab import wait_for

#: Seconds after which something is stuck that is still unfinished: a minute for a sweep, another for what it starts,
#: and the waits between attempts.
LIMIT = 240
#: Seconds between two times that an operator asks to try the waiting mail now: a server that failed is left alone for
#: ten.
HURRY = 11
#: Seconds in which /health has noticed that all is well.
WELL_AGAIN = 90
#: What makes a leftover old (exports.tasks.ORPHANED is an hour).
OLD = 7200


class Calm:
    """Arguments: the product; its mail server; a connection to its database; the visitor of a member of the staff."""

    def __init__(self, product, mail_server, connection, staff):
        self.product = product
        self.mail_server = mail_server
        self.connection = connection
        self.staff = staff
        self.took = 0
        self.verdicts = {}
        self.sent_again = self.dropped = self.collected = 0
        self.wrong = []

    def wait(self, missing):
        """Wait until nothing is unfinished, and `missing()` is empty. What is still open in the end the proofs say."""
        begin = time.monotonic()
        wait_for(self.product.answers, 60)
        next_hurry = time.monotonic()
        while time.monotonic() - begin < LIMIT:
            if time.monotonic() >= next_hurry:
                next_hurry = time.monotonic() + HURRY
                self.press("/ops/outbox/try-now/")
                if self.count("mail_email", "status = 'failed'"):
                    self.press("/ops/outbox/send-again/?status=failed")
            if not self.unfinished() and not missing() and not self.settle_uncertain():
                break
            time.sleep(0.2)
        else:
            self.ask_where_they_are()
        self.took = time.monotonic() - begin
        self.collect()
        self.back_up()
        self.look_at_health()

    def unfinished(self) -> int:
        """How many jobs have not ended, and messages that an operator must send again."""
        tables = database.tables_of_jobs(self.connection).values()
        jobs = sum(self.count(table, "status IN ('pending', 'running')") for table in tables)
        return jobs + self.count("mail_email", "status = 'failed'")

    def ask_where_they_are(self):
        """Something is stuck: have all that consumes write its threads' tracebacks into the log."""
        for program in ("--queue emails", "--queue exports"):
            for process in [*self.product.parents_of(program), *self.product.workers_of(program)]:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGUSR2)

    def settle_uncertain(self) -> int:
        """Look for each uncertain message in the mail server's log: send again what is not there, drop the others.

        Returns how many there were.
        """
        arrived = {copy.message_id for copy in self.mail_server.copies}
        rows = database.rows(self.connection, "SELECT id, message_id FROM mail_email WHERE status = 'uncertain'")
        for row in rows:
            is_there = row["message_id"] in arrived
            self.press(f"/ops/outbox/{row['id']}/{'drop' if is_there else 'send-again'}/")
            self.dropped += is_there
            self.sent_again += not is_there
        return len(rows)

    def collect(self):
        """Let the files that killed attempts have left be old, and run the schedule that removes such."""
        leftovers = folder.leftovers(self.connection, self.product.data)
        for path in leftovers:
            os.utime(path, (time.time() - OLD,) * 2)
        query = "SELECT id FROM jobs_schedule WHERE name = 'exports.delete_expired_exports'"
        (schedule,) = database.rows(self.connection, query)
        self.press(f"/ops/schedules/{schedule['id']}/run/")
        with suppress(TimeoutError):  # the proofs say what is stuck
            wait_for(lambda: not self.unfinished(), 30)
        self.collected = sum(not path.exists() for path in leftovers)

    def back_up(self):
        """Make a backup of what has come of it, and wait until it is proven."""
        self.press("/ops/backups/start/")
        with suppress(TimeoutError):
            wait_for(lambda: not self.unfinished(), 120)

    def look_at_health(self):
        """It says within a while that all is well again."""
        begin, red = time.monotonic(), ["/health was not answered"]
        while red and time.monotonic() - begin < WELL_AGAIN:
            try:
                answer = self.staff.get("/health", accept=JSON)
            except (NotSent, NoAnswer):
                continue
            parts = answer.json()["parts"]
            self.verdicts = Counter(part["verdict"] for part in parts)
            red = [f"/health: {part['name']}: {part['words']}" for part in parts if part["verdict"] == "red"]
            time.sleep(0.5)
        self.wrong += red

    def press(self, path):
        """A button of the operator's."""
        try:
            answer = self.staff.post(path)
        except (NotSent, NoAnswer) as error:
            self.wrong.append(f"{path}: {error!r}")
            return
        if answer.status != 302:
            self.wrong.append(f"{path}: {answer.status}")

    def count(self, table, condition):
        return database.rows(self.connection, f"SELECT count(*) FROM {table} WHERE {condition}")[0][0]

    def check(self) -> Check:
        strays = [f"below no supervisor: {process.pid} {process.command}" for process in self.product.strays()]
        result = Check("calm: everything ends by itself, or as an operator says", wrong=self.wrong + strays)
        result.proven = (
            f"{self.took:.0f} s until nothing was unfinished; {self.sent_again} uncertain messages sent again, "
            f"{self.dropped} had arrived; /health: "
            + ", ".join(f"{count} parts {verdict}" for verdict, count in self.verdicts.items())
        )
        return result
