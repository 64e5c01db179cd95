"""What the run prints: injuries, recoveries, what was done, what was proven, and the verdict."""

import re
from collections import Counter, defaultdict

from bench.chaos.ledger import Outcome
from bench.lab import percentile

#: Seconds in which the product is back after a process was killed, with its supervisor alive.
GOAL = 5
#: How many lines of the log are printed of a job that is stuck.
STORY = 20


def table(header, lines) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def injuries(inflicted) -> str:
    counts, missed = Counter(), Counter()
    lasted = defaultdict(float)
    for injury in inflicted:
        hits_process = injury.name.startswith(("kill", "stop", "freeze"))
        counts[injury.name] += not hits_process or bool(injury.hit)
        missed[injury.name] += hits_process and not injury.hit
        lasted[injury.name] += injury.ended - injury.began
    lines = [
        [name, count, f"{lasted[name]:.0f} s" if lasted[name] > 1 else "–", missed[name] or "–"]
        for name, count in sorted(counts.items())
    ]
    return table(["injury", "times", "lasted in all", "found nothing to hit"], lines)


def recoveries(found) -> str:
    signs = {"web": "a page", "emails": "a job of emails", "exports": "a job of exports"}
    groups = defaultdict(list)
    for recovery in found:
        groups[recovery.name, recovery.sign].append(recovery)
    lines = []
    for (name, sign), group in sorted(groups.items()):
        clean = [r.seconds for r in group if not r.was_disturbed and r.seconds is not None]
        others = [r.seconds for r in group if r.was_disturbed and r.seconds is not None]
        never = sum(r.seconds is None for r in group)
        counts = name.startswith("kill") and name != "kill supervisor"
        met = "–" if not (counts and clean) else "yes" if max(clean) < GOAL else "**no**"
        lines.append(
            [
                name,
                signs[sign],
                len(clean),
                _seconds(clean, 0.5),
                _seconds(clean, 1),
                _seconds(others, 1),
                never or "–",
                met,
            ]
        )
    header = [
        "after",
        "until",
        "measured",
        "p50",
        "max",
        "max beside a full disk, a lock or a deaf mail server",
        "never",
        f"< {GOAL} s",
    ]
    return table(header, lines)


def too_slow(found) -> list:
    """Recoveries that break the promise: a killed process, nothing else wrong, and not back in time."""
    return [
        r
        for r in found
        if r.name.startswith("kill")
        and r.name != "kill supervisor"
        and not r.was_disturbed
        and (r.seconds is None or r.seconds >= GOAL)
    ]


def _seconds(values, share):
    return f"{percentile(values, share):.2f} s" if values else "–"


def actions(ledger) -> str:
    verbs = sorted({verb for verb, _ in ledger.outcomes})
    lines = [
        [verb.replace("_", " "), *(ledger.outcomes[verb, outcome] or "–" for outcome in Outcome)] for verb in verbs
    ]
    return table(["action", *(outcome.value for outcome in Outcome)], lines)


def proofs(checks) -> str:
    return table(["proven", "of", "holds"], [[c.what, c.proven, "**no**" if c.wrong else "yes"] for c in checks])


def story(log, label) -> list[str]:
    """The last lines of the product's log (its path) that are of the job."""
    lines = log.read_text(errors="replace").splitlines()
    return [line for line in lines if re.search(rf"{re.escape(label)}\b", line)][-STORY:] or ["not a line"]
