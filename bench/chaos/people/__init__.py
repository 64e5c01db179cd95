"""The people at work: each a thread that does what the plan says, and writes down what the answers were."""

import random
import threading
import time

from bench.chaos.cast import PASSWORD, PEOPLE, address
from bench.chaos.people.articles import Articles
from bench.chaos.people.exports import Exports
from bench.chaos.people.office import Office
from bench.chaos.people.tasks import Tasks
from bench.chaos.people.visits import Visits
from bench.chaos.visitor import Visitor

#: Late by more than this many seconds, an action is left out: after an outage nobody does all at once what they missed.
LATE = 5


class Person(Visits, Tasks, Exports, Articles, Office, threading.Thread):
    """Arguments: `name`, in bench.chaos.cast.PEOPLE; `actions` of the plan, counted from `began` (time.monotonic())."""

    def __init__(self, name, port, ledger, actions):
        super().__init__(name=name, daemon=True)
        self.who = name
        self.somebody = PEOPLE[name]
        self.at = f"/orgs/{self.somebody.organization}"
        self.ledger = ledger
        self.actions = actions
        self.visitor = Visitor(port)
        self.began = None
        self.is_over = threading.Event()
        self.problem = None

    def run(self):
        try:
            for action in self.actions:
                if self.is_over.wait(max(self.began + action.at - time.monotonic(), 0)):
                    return
                if time.monotonic() - self.began - action.at < LATE:
                    self.do(action.verb, random.Random(action.seed))
        except Exception as error:  # noqa: BLE001 (a defect of this tool, which the main thread raises)
            self.problem = error

    def do(self, verb, rng):
        outcome = getattr(self, verb)(rng)
        if outcome is not None:  # there was something to do
            self.ledger.count(verb, outcome)

    def sign_in(self):
        self.visitor.sign_in(address(self.who), PASSWORD)
