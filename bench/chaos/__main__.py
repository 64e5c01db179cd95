"""The kill test: the whole product, people who use it, and everything that can happen to it.

    draw the plan ──► start the product ──► people work while the tormentor kills, fills, holds and hangs
                  ──► heal everything ──► wait until nothing is unfinished ──► prove ──► table and verdict

`bin/chaos` starts this. docs/chaos.md has what it does and what it proves.
"""

import argparse
import os
import secrets
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from bench.benchmarks.request import free_port
from bench.chaos import database, plan, report, room, zones
from bench.chaos.calm import Calm
from bench.chaos.injuries import Tormentor
from bench.chaos.ledger import Ledger
from bench.chaos.mail_server import Recorder
from bench.chaos.people import Person
from bench.chaos.product import Product
from bench.chaos.proof import Check, backups, causes, clock, deeds, exports, folder, jobs, log, mail
from bench.chaos.watch import Watch
from bench.run import machine

#: Mebibytes of the scratch file system: for the shortest run, and for each minute more. A minute leaves some 60 of
#: exports, and the drill of a backup unpacks all of them once more.
SIZE, SIZE_PER_MINUTE = 800, 150
#: Seconds between the end of the set-up and the first action, for which the time zones are made; on a busy machine so
#: many times what the set-up has taken.
START, START_BY_SET_UP = 12, 2


def main():
    parser = argparse.ArgumentParser(
        prog="bin/chaos", description="Run the whole product, hurt it, and prove that nothing is lost."
    )
    parser.add_argument("--minutes", type=float, default=0.75, help="how long it is hurt (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=None, help="draw the plan of this number again (default: a new one)"
    )
    parser.add_argument("--plan", action="store_true", help="print the plan, and do nothing")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder even where all is proven")
    arguments = parser.parse_args()
    if not 0.5 <= arguments.minutes <= 600:
        parser.error("--minutes must be between 0.5 and 600.")
    seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
    drawn = plan.draw(seed, arguments.minutes)
    if arguments.plan:
        print(*drawn.lines(), sep="\n")
        return
    if room.MARK not in os.environ:
        sys.argv += [] if arguments.seed is not None else ["--seed", str(seed)]
        room.enter()
    say(f"The seed of this run is {seed}: bin/chaos --minutes {arguments.minutes:g} --seed {seed}")
    sys.exit(0 if Run(drawn, arguments.keep).run() else 1)


class Run:
    def __init__(self, drawn: plan.Plan, keep: bool):
        self.plan = drawn
        self.keep = keep
        self.ledger = Ledger()
        self.folder = Path(tempfile.mkdtemp(prefix="roost-chaos-"))
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        self.room = room.make(data, SIZE + int(SIZE_PER_MINUTE * drawn.length / 60))
        self.mail_server = Recorder()

    def run(self) -> bool:
        """Returns whether everything was proven."""
        good = False
        try:
            with self.mail_server:
                good = self._run()
        finally:
            if good and not self.keep:
                self._unmount()
                shutil.rmtree(self.folder)
            else:
                self._keep()
        return good

    def _run(self):
        say(f"Setting up. Disk: {self.room.words}.")
        self.product = Product(
            self.folder,
            free_port(),
            EMAIL_URL=f"smtp://127.0.0.1:{self.mail_server.port}",
            EMAIL_TIMEOUT="2",
            WEB_WORKERS="2",
        )
        try:
            begin = time.monotonic()
            self.facts = self.product.measure("bench.chaos.setting_up")
            self.begin = time.time() + max(START, START_BY_SET_UP * (time.monotonic() - begin))
            self.midnight, self.gap = self.begin + self.plan.midnight, self.begin + self.plan.gap
            zone_path = zones.write(self.folder / "zones", self.midnight, self.gap)
            self.product.environment["PYTHONTZPATH"] = zone_path
            self.product.start()
            return self._live()
        finally:
            self.product.abandon()

    def _live(self):
        actions = {name: [action for action in self.plan.actions if action.person == name] for name in plan.PEOPLE}
        people = {name: Person(name, self.product.port, self.ledger, mine) for name, mine in actions.items()}
        for person in people.values():
            person.sign_in()
        people["nora"].save_export("Night report", 0)
        people["gwen"].save_export("Gap report", 0)
        tormentor, watch = (
            Tormentor(self.product, self.mail_server, self.room),
            Watch(self.product, self.facts["queues"]),
        )

        counts = f"{len(self.plan.injuries)} injuries, {len(self.plan.actions):,} actions"
        say(f"Hurting it for {self.plan.length:.0f} s: {counts}.")
        if time.time() > self.begin:
            raise RuntimeError("The machine is too busy: when all had signed in the run should have begun. Try again.")
        time.sleep(self.begin - time.time())
        began = time.monotonic()
        watch.start()
        for person in people.values():
            person.began = began
            person.start()
        tormentor.start(self.plan.injuries, began)
        self._follow(began, tormentor, people.values())

        say("Healing everything, and waiting until nothing is unfinished.")
        for person in people.values():
            person.is_over.set()
        tormentor.end()
        for person in people.values():
            person.join()
            if person.problem:
                raise person.problem
        self.mail_server.mood = ""
        with database_of(self.product) as connection:
            calm = Calm(self.product, self.mail_server, connection, people["alice"].visitor)
            calm.wait(lambda: clock.missing(connection, self.midnight, self.gap, self.ledger.saved))
            watch.end()
            return self._prove(connection, calm, tormentor.inflicted, watch.recoveries(tormentor.inflicted, connection))

    def _follow(self, began, tormentor, people):
        """Wait until the time is over, or a defect of this tool ends it."""
        told = 0
        while (seconds := time.monotonic() - began) < self.plan.length:
            if tormentor.problem or any(person.problem for person in people):
                return
            if seconds >= told + 60:
                told += 60
                say(
                    f"  {told // 60} min: {len(tormentor.inflicted)} injuries, {self.ledger.outcomes.total():,} actions"
                )
            time.sleep(0.1)

    def _prove(self, connection, calm, inflicted, recovered):
        say("Proving.")
        happened = {injury.name for injury in inflicted} | {"midnight"}
        rows, attempts = jobs.load(connection)
        checks = [
            deeds.check(connection, self.ledger),
            jobs.check(rows, attempts, happened),
            mail.check(rows["mail.email"], attempts, self.mail_server.copies, self.facts["resend"]),
            causes.check(connection),
            exports.check(connection, self.product.data / "media", self.ledger.acknowledged("task")),
            clock.check(connection, self.midnight, self.gap, self.ledger.saved),
            backups.check(connection, self.product.data / "backups"),
            calm.check(),
        ]
        stopped = Check("end: stops at SIGTERM, and no process is left", wrong=self.product.stop())
        stopped.proven = f"started {1 + len(self.product.restarts)} times, stopped once"
        checks += [
            stopped,
            folder.check(connection, self.product.data, calm.collected),
            log.check(self.product.log.read_text(errors="replace"), inflicted),
        ]
        self._print(checks, inflicted, recovered, jobs.stuck(rows))
        return not any(check.wrong for check in checks)

    def _print(self, checks, inflicted, recovered, stuck):
        for part in (
            report.injuries(inflicted),
            report.recoveries(recovered),
            report.actions(self.ledger),
            report.proofs(checks),
        ):
            print(f"\n{part}")
        reasons = ", ".join(f"{count} × {reason}" for reason, count in self.ledger.reasons.most_common())
        print(f"\nNot done, or not known: {reasons or 'nothing'}.")
        print(f"Downloads that went on where they had broken off: {self.ledger.resumed}.")
        for recovery in report.too_slow(recovered):
            print(f"Slow: {recovery}")
        for check in checks:
            for words in check.wrong[:20]:
                print(f"\n{check.what}: NO: {words}")
            if len(check.wrong) > 20:
                print(f"… and {len(check.wrong) - 20} more of these.")
        for label in stuck:
            print(f"\nThe log of {label}:", *report.story(self.product.log, label), sep="\n  ")
        good = not any(check.wrong for check in checks)
        print(f"\n{machine()}\nDisk: {self.room.words}.")
        print(f"\nVerdict of seed {self.plan.seed}: {'nothing is lost' if good else 'NOT PROVEN'}.")

    def _unmount(self):
        if isinstance(self.room, room.Tmpfs):
            self.room.unmount()

    def _keep(self):
        """Keep the scratch folder. A file system of our own ends with us: it is copied."""
        if isinstance(self.room, room.Tmpfs):
            data = self.folder / "data"
            shutil.copytree(data, self.folder / "kept", ignore=lambda *_: [p.name for p in data.glob("*.wake")])
            self.room.unmount()
            data.rmdir()
            (self.folder / "kept").rename(data)
        say(f"Everything is kept in {self.folder}: the log, and the data folder.")


@contextmanager
def database_of(product):
    connection = database.connect(product.data / "roost.sqlite3")
    try:
        yield connection
    finally:
        connection.close()


def say(words):
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
