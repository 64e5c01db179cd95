"""How soon the product is back: who watches asks all the time, and reads which jobs have ended."""

import threading
import time
from dataclasses import dataclass

from bench.chaos import database
from bench.chaos.injuries import Inflicted
from bench.chaos.proof import moment

#: Seconds between two looks.
LOOK = 0.02
#: What an injury's recovery is seen by: an answered request, or an ended attempt at a job of a queue.
SIGNS = {
    "web": ("web",),
    "web worker": ("web",),
    "emails": ("emails",),
    "exports": ("exports",),
    "export worker": ("exports",),
    "busy worker": ("exports",),
    "supervisor": ("web", "emails", "exports"),
}
#: Injuries beside which a recovery says nothing of the supervisor, and for how many seconds after their end.
DISTURBING = {"fill disk": 3, "hold write lock": 2, "hold write lock for long": 5, "kill supervisor": 8}
#: Beside these an attempt of `emails` waits for the mail server: EMAIL_TIMEOUT, three times that after a message.
KEEPS_EMAILS_WAITING = {"silent": 2, "hangs": 6}
#: Seconds after which a recovery is no longer waited for.
LIMIT = 60


@dataclass(frozen=True)
class Recovery:
    name: str
    #: "web", "emails" or "exports"
    sign: str
    #: Seconds; None where it did not come within LIMIT.
    seconds: float | None
    #: Whether something else was wrong meanwhile.
    was_disturbed: bool


class Watch:
    """Two threads: one asks for pages, one reads the attempts at jobs."""

    def __init__(self, product, queues: dict[str, str]):
        self.product = product
        #: By the label of a kind of job, its queue.
        self.queues = queues
        #: (asked at, answered at) of answered requests, in that order.
        self.answers = []
        #: By queue: when attempts ended, as their rows tell (seconds since 1970).
        self.ends = {"emails": [], "exports": []}
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._ask, self._read)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def end(self):
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self):
        while not self._is_over.wait(LOOK):
            asked = time.time()
            if self.product.answers():
                self.answers.append((asked, time.time()))

    def _read(self):
        connection = database.connect(self.product.data / "roost.sqlite3")
        query = (
            "SELECT id, kind, (julianday(ended_at) - 2440587.5) * 86400 AS ended FROM jobs_attempt "
            "WHERE id > ? AND outcome NOT IN ('died', 'cancelled') ORDER BY id"
        )
        last = 0
        while not self._is_over.wait(LOOK):
            try:
                for row in database.rows(connection, query, last):
                    last = row["id"]
                    self.ends[self.queues[row["kind"]]].append(row["ended"])
            except database.Error:  # the disk is full, say: later
                continue
        connection.close()

    # ---- what came of it

    def recoveries(self, inflicted: list[Inflicted], connection) -> list[Recovery]:
        """Of all kills and stops, in their order. `connection`: to the database, once all jobs have ended."""
        work, found = self._work(connection), []
        for injury in inflicted:
            verb, _, what = injury.name.partition(" ")
            if verb not in ("kill", "stop") or not injury.hit:
                continue
            for sign in SIGNS[what]:
                seconds = self._seconds_until(sign, injury.began, work)
                until = injury.began + (LIMIT if seconds is None else seconds)
                disturbing = DISTURBING | (KEEPS_EMAILS_WAITING if sign == "emails" else {})
                others = [other for other in inflicted if other is not injury and other.name in disturbing]
                disturbed = any(
                    other.began < until and injury.began < other.ended + disturbing[other.name] for other in others
                )
                found.append(Recovery(injury.name, sign, seconds, disturbed))
        return found

    def _seconds_until(self, sign, begin, work):
        if sign == "web":
            first = next((answered for asked, answered in self.answers if asked > begin), None)
        else:
            first = next((ended for ended in self.ends[sign] if ended > begin), None)
            # Nobody can finish a job before there is one.
            begin = min((max(made, begin) for made, ended in work[sign] if ended > begin), default=begin)
        return None if first is None or first - begin > LIMIT else max(first - begin, 0)

    def _work(self, connection):
        """By queue: when each job was made and ended, of those that did not wait for a later attempt."""
        work = {"emails": [], "exports": []}
        for kind, table in database.tables_of_jobs(connection).items():
            query = (
                f"SELECT created_at, finished_at FROM {table} AS job WHERE finished_at IS NOT NULL AND NOT EXISTS "
                "(SELECT 1 FROM jobs_attempt WHERE kind = ? AND job_id = job.id AND outcome = 'retried')"
            )
            rows = database.rows(connection, query, kind)
            work[self.queues[kind]] += [(moment(row["created_at"]), moment(row["finished_at"])) for row in rows]
        return work
