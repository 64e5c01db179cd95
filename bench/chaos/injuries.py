"""What is done to the product, and to what it depends on. Each injury notes when it was, and whom it hit."""

import os
import random
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from bench.chaos import database
from bench.chaos.plan import Injury
from bench.chaos.visitor import Visitor

#: The program of each target, as its command line tells it.
PROGRAMS = {"web": "run_web", "emails": "--queue emails", "exports": "--queue exports"}
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGTERM}
#: Seconds to wait for a worker that is at work, or for a request to interrupt.
HUNT = 3


@dataclass
class Inflicted:
    """An injury that took place. Times are time.time()."""

    name: str
    began: float
    ended: float = 0
    #: The processes that were hit, or another word on it; "" where there was nothing to hit.
    hit: str = ""

    def covers(self, moment, before=0.0, after=0.0):
        return self.began - before <= moment <= (self.ended or time.time()) + after


class Tormentor:
    """Inflicts the injuries of one plan: a thread a lane."""

    def __init__(self, product, mail_server, room):
        self.product = product
        self.mail_server = mail_server
        self.room = room
        self.database = product.data / "roost.sqlite3"
        self.inflicted: list[Inflicted] = []
        self.problem = None
        self._is_over = threading.Event()
        self._threads = []

    def start(self, injuries, began):
        """Begin. `began`: the beginning of the run (time.monotonic())."""
        for lane in {injury.lane for injury in injuries}:
            mine = [injury for injury in injuries if injury.lane == lane]
            thread = threading.Thread(target=self._work, args=(mine, began), name=lane, daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self):
        """Stop, and undo what lasts. Raises what went wrong in a lane."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        if self.problem:
            raise self.problem

    def _work(self, injuries, began):
        for injury in injuries:
            if self._is_over.wait(max(began + injury.at - time.monotonic(), 0)):
                return
            try:
                self.inflict(injury)
            except Exception as error:  # noqa: BLE001 (a defect of this tool, which the main thread raises)
                self.problem = error
                return

    def inflict(self, injury: Injury):
        note = Inflicted(injury.name, time.time())
        self.inflicted.append(note)
        verb, _, what = injury.name.partition(" ")
        rng = random.Random(injury.seed)
        try:
            if verb in SIGNALS:
                note.hit = self._signal(what, SIGNALS[verb], rng, note)
            elif verb == "delete":
                self._delete(what, rng, note)
            elif verb == "fill":
                self._fill(injury.lasts)
            elif verb == "hold":
                with database.write_lock(self.database):
                    note.began = time.time()
                    self._is_over.wait(injury.lasts)
            elif verb == "freeze":
                note.hit = self._freeze(injury.lasts)
            else:
                self._trouble_mail(injury.name, injury.lasts)
        finally:
            note.ended = time.time()

    # ---- processes

    def _signal(self, what, number, rng, note):
        if what == "supervisor":
            pids = [self.product.supervisor.pid]
        elif what == "busy worker":
            pids = self._busy_workers()
        elif what.endswith(" worker"):
            workers = self.product.workers_of(PROGRAMS["web" if what == "web worker" else "exports"])
            pids = [rng.choice(workers).pid] if workers else []
        else:
            pids = [process.pid for process in self.product.parents_of(PROGRAMS[what])]
        if what.startswith("web"):
            self._await_request()
        note.began = time.time()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return ", ".join(map(str, pids))

    def _await_request(self):
        """Wait until somebody waits for an answer."""
        deadline = time.monotonic() + HUNT
        while not Visitor.under_way and time.monotonic() < deadline:
            time.sleep(0.0005)

    def _busy_workers(self):
        """The process that runs an export just now; one of its kind where none does for a while."""
        deadline = time.monotonic() + HUNT
        query = "SELECT worker FROM exports_exportjob WHERE status = 'running' ORDER BY started_at DESC LIMIT 1"
        with suppress(database.Error):
            connection = database.connect(self.database)
            try:
                while time.monotonic() < deadline and not self._is_over.is_set():
                    for row in database.rows(connection, query):
                        pid = int(row["worker"].split(":")[1])
                        if any(process.pid == pid for process in self.product.workers_of(PROGRAMS["exports"])):
                            return [pid]
                    time.sleep(0.005)
            finally:
                connection.close()
        return []

    def _freeze(self, seconds):
        """Stop a worker for longer than its lease: it comes back when somebody else has its job."""
        pids = self._busy_workers()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        self._is_over.wait(seconds)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return ", ".join(map(str, pids))

    # ---- data

    def _delete(self, what, rng, note):
        names = ["emails", "exports"] if what == "queues" else [what.removeprefix("queue ")]
        with_pipe = rng.random() < 0.5
        for name in names:
            for path in sorted(self.product.data.glob(f"queue-{name}.sqlite3*")):
                if with_pipe or path.suffix != ".wake":
                    path.unlink(missing_ok=True)
        note.hit = f"{' and '.join(names)}{', the pipe too' if with_pipe else ''}"

    def _fill(self, seconds):
        deadline = time.monotonic() + seconds
        database.empty_log(self.database)
        try:
            while time.monotonic() < deadline and not self._is_over.is_set():
                self.room.fill(self.product.processes())
                time.sleep(0.05)
        finally:
            self.room.clear(self.product.processes())

    # ---- the mail server

    def _trouble_mail(self, name, seconds):
        if name == "dies":
            self.mail_server.die()
        elif name == "closed":
            with self.mail_server.closed():
                self._is_over.wait(seconds)
        else:
            self.mail_server.mood = name
            self._is_over.wait(seconds)
            self.mail_server.mood = ""
            # Who waits for an answer to what it heard in that mood would wait for ever.
            self.mail_server.die()
