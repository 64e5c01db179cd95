"""What people did and what they were told: the half of the truth that the database is compared with.

An answer decides: what was acknowledged must be there at the end, what was refused must not have happened, and of what
got no answer both are right.
"""

import enum
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field


class Outcome(enum.Enum):
    DONE = "acknowledged"
    REFUSED = "refused"
    #: No answer, or a server error, which may come after the commit.
    UNCLEAR = "unclear"


#: In the place of a state: there is no such row.
ABSENT = None


@dataclass(eq=False)
class Thing:
    """Something that a person made, with all that may have become of it."""

    kind: str  # "task", "article" or "comment"
    organization: str
    owner: str
    token: str  # in its title or its text, and nowhere else
    possible: set = field(default_factory=lambda: {ABSENT})
    #: Whether one can still tell what it is: after an unclear change nobody touches it any more.
    is_clear: bool = True
    id: int | None = None
    slug: str = ""
    #: time.time() when its making was acknowledged.
    made_at: float | None = None

    def tell(self, outcome: Outcome, state):
        """It was to get this state, and that was what the answer said."""
        if outcome is Outcome.DONE:
            self.made_at = self.made_at or time.time()
            self.possible = {state}
        elif outcome is Outcome.UNCLEAR:
            self.possible = self.possible | {state}
            self.is_clear = False

    @property
    def state(self):
        (state,) = self.possible
        return state

    @property
    def is_there(self):
        return self.is_clear and self.possible != {ABSENT}


@dataclass(eq=False)
class Export:
    """An export that was acknowledged with a 202."""

    id: int
    organization: str
    person: str
    wanted: dict
    is_cancelled: bool = False  # and that was acknowledged
    is_fetched: bool = False


class Ledger:
    def __init__(self):
        self._lock = threading.Lock()
        #: (verb, Outcome) to how often.
        self.outcomes = Counter()
        #: Why an action was not done: the status of the answer, or a word, to how often.
        self.reasons = Counter()
        self.things: list[Thing] = []
        self.exports: dict[int, Export] = {}
        #: Of exports that a person has asked for without hearing of it.
        self.unclear_exports = Counter()
        #: Resets of a password by e-mail address.
        self.resets = defaultdict(Counter)
        #: (organization, e-mail address)
        self.invited = set()
        self.delivery_tests = set()
        #: Recurring exports: (person, name)
        self.saved = set()
        self.fetched_bytes = 0
        self.resumed = 0
        #: Downloads that were not what they said.
        self.wrong_downloads = []

    def count(self, verb, outcome):
        with self._lock:
            self.outcomes[verb, outcome] += 1

    def note(self, reason):
        with self._lock:
            self.reasons[reason] += 1

    def add(self, thing):
        with self._lock:
            self.things.append(thing)
        return thing

    def mine(self, kind, person):
        """The things of a kind that this person made and of which one knows that they are there."""
        with self._lock:
            return [t for t in self.things if t.kind == kind and t.owner == person and t.is_there]

    def of(self, kind, organization, state):
        """The things of an organization that have this state, whoever made them."""
        with self._lock:
            found = [t for t in self.things if t.kind == kind and t.organization == organization and t.is_there]
        return [thing for thing in found if thing.state == state]

    def acknowledged(self, kind):
        """By token, when the making of each thing of a kind was acknowledged."""
        return {thing.token: thing.made_at for thing in self.things if thing.kind == kind and thing.made_at}

    def exports_of(self, person):
        with self._lock:
            return [export for export in self.exports.values() if export.person == person]
