"""Every traceback in the log is explained by an injury."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from bench.chaos.proof import Check

LINE = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z (?P<level>[A-Z]+) +(?P<rest>.*)")
#: What an exception says, and the injuries that explain it: while one lasts, and for so many seconds after its end,
#: in which those who waited meet it.
EXPLAINED = (
    (r"database or disk is full|No space left on device|File too large", ("fill disk",), 5),
    (r"disk I/O error|unable to open database file", ("fill disk", "delete"), 5),
    (r"attempt to write a readonly database|no such table: (task|kv|schedule)", ("delete", "fill disk"), 10),
    (r"database is locked", ("hold write lock", "hold write lock for long", "fill disk"), 25),
)


@dataclass(frozen=True)
class Trace:
    #: Seconds since 1970, of the line before.
    at: float
    #: That line, and the last one of the traceback: what was raised.
    line: str
    raised: str
    #: All of it.
    text: str


def traces(log: str) -> list[Trace]:
    """The tracebacks of a log, each with the line that it belongs to."""
    found, head, block = [], None, []
    for line in [*log.splitlines(), ""]:
        if block and line.startswith("    "):
            block.append(line)
            continue
        if block:
            found.append(_trace(head, block))
            block = []
        if match := LINE.match(line):
            head = match
        elif "Traceback (most recent call last)" in line:
            block = [line]
    return found


def _trace(head, block):
    at = datetime.fromisoformat(f"{head['time']}+00:00").timestamp() if head else 0
    raised = next((line.strip() for line in reversed(block) if re.match(r" {4}\S+(: |$)", line)), block[-1].strip())
    return Trace(at, head[0] if head else "", raised, "\n".join(block))


def is_explained(trace, inflicted) -> bool:
    for pattern, names, after in EXPLAINED:
        if re.search(pattern, trace.raised):
            hurts = [injury for injury in inflicted if injury.name.startswith(names)]
            if any(injury.covers(trace.at, before=1, after=after) for injury in hurts):
                return True
    return False


def check(log: str, inflicted) -> Check:
    result = Check("log: no traceback without an injury that explains it")
    found = traces(log)
    strange = [trace for trace in found if not is_explained(trace, inflicted)]
    for words, count in Counter(trace.raised for trace in strange).most_common():
        trace = next(trace for trace in strange if trace.raised == words)
        result.wrong.append(f"{count} × {words}\n    first: {trace.line}\n{trace.text}")
    known = Counter(
        trace.raised.partition(":")[2].strip()[:50] or trace.raised for trace in found if trace not in strange
    )
    kinds = ", ".join(f"{count} × {words}" for words, count in known.most_common(6))
    result.proven = f"{len(log.splitlines()):,} lines, {len(found)} tracebacks ({kinds or 'none'})"
    return result
