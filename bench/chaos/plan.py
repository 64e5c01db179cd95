"""What people will do and what will be hurt, when and to whom: all of it drawn from one seed, before anything begins.

The same seed and the same length give the same plan. What comes of it depends on the machine too: a kill hits whatever
a process does at that moment.
"""

import random
from dataclasses import dataclass

from bench.chaos.cast import PEOPLE, Activity

#: Injuries by lane: those of one lane follow each other, those of several lanes meet.
LANES = {
    "processes": (
        *("kill web", "kill web worker", "kill emails", "kill exports", "kill export worker", "kill busy worker"),
        *("stop web", "stop web worker", "stop emails", "stop exports", "stop export worker", "kill supervisor"),
    ),
    "mail server": ("silent", "hangs", "defers", "refuses", "closed", "dies", "swallows answers"),
    "data": ("delete queue emails", "delete queue exports", "fill disk", "hold write lock", "delete queues"),
}
#: Seconds between two injuries of a lane, where the run is long enough for each of them to come.
PACE = {"processes": 7, "mail server": 15, "data": 20}
#: The share of its slot that an injury lasts, and seconds that it lasts at most.
SHARE, LONGEST = (0.3, 0.7), {"fill disk": 6, "hold write lock": 8}
#: What outlasts a lease of 30 seconds, or the 20 seconds for which a writer waits: only runs of `PATIENT` minutes have
#: the time. Name: (seconds at least, at most).
PATIENT, SLOW = 5, {"freeze export worker": (40, 75), "hold write lock for long": (22, 28)}
SLOW_PACE = 100
#: The part of a run in which injuries begin.
BEGIN, END = 0.06, 0.92
#: Midnight of those who live in Chaos/Midnight, and in Chaos/Gap, as parts of a run.
MIDNIGHT, GAP = 0.5, 0.6


@dataclass(frozen=True)
class Injury:
    #: Seconds after the beginning of the run, and for how long.
    at: float
    lasts: float
    lane: str
    name: str
    #: For what is left to chance when it happens, such as which of several workers.
    seed: int


@dataclass(frozen=True)
class Action:
    at: float
    person: str
    verb: str
    seed: int


@dataclass(frozen=True)
class Plan:
    seed: int
    #: Seconds.
    length: float
    midnight: float
    gap: float
    injuries: list[Injury]
    actions: list[Action]

    def lines(self):
        """The plan for people, in the order of time."""
        for event in sorted([*self.injuries, *self.actions], key=lambda event: event.at):
            if isinstance(event, Injury):
                yield f"{event.at:8.2f} s  {event.lane}: {event.name}" + (
                    f" for {event.lasts:.1f} s" if event.lasts else ""
                )
            else:
                yield f"{event.at:8.2f} s  {event.person}: {event.verb}"


def draw(seed: int, minutes: float) -> Plan:
    """The plan of a run."""
    rng = random.Random(seed)
    length = minutes * 60
    injuries = [injury for lane in LANES for injury in _lane(lane, length, rng)]
    if minutes >= PATIENT:
        injuries += _slow(length, rng)
    return Plan(
        seed=seed,
        length=length,
        midnight=length * MIDNIGHT,
        gap=length * GAP,
        injuries=sorted(injuries, key=lambda injury: injury.at),
        actions=[action for name, person in PEOPLE.items() for action in _day(name, person.activity, minutes, rng)],
    )


def _lane(lane, length, rng):
    """Every kind once a round, each round in another order, over the time there is."""
    names = LANES[lane]
    begin, end = length * BEGIN, length * END
    slot = min(PACE[lane], (end - begin) / len(names))
    for number in range(int((end - begin) / slot + 0.001)):
        if number % len(names) == 0:
            order = rng.sample(names, len(names))
        name = order[number % len(names)]
        lasts = min(slot * rng.uniform(*SHARE), LONGEST.get(name, slot)) if _lasts(name) else 0
        at = begin + (number + rng.uniform(0, 0.25)) * slot
        yield Injury(round(at, 3), round(lasts, 3), lane, name, rng.randrange(2**32))


def _lasts(name):
    """Whether it goes on until it is ended; the others are over at once."""
    return name.startswith(("fill", "hold")) or (name in LANES["mail server"] and name != "dies")


def _slow(length, rng):
    names = list(SLOW)
    for number in range(int(length * (END - BEGIN) / SLOW_PACE)):
        name = names[number % len(names)]
        at = length * BEGIN + (number + rng.uniform(0, 0.2)) * SLOW_PACE
        yield Injury(round(at, 3), round(rng.uniform(*SLOW[name]), 3), "slow", name, rng.randrange(2**32))


def _day(name, activity: Activity, minutes, rng):
    """What one person does: verbs by their weights, at times that are exponentially distributed."""
    at, verbs = rng.uniform(0, activity.pause), list(activity.verbs)
    pause = activity.pause if minutes < PATIENT else activity.pause_in_long_runs
    while at < minutes * 60:
        verb = rng.choices(verbs, weights=activity.verbs.values())[0]
        yield Action(round(at, 3), name, verb, rng.randrange(2**32))
        at += rng.expovariate(1 / pause)
