"""What both consumers cost while nothing happens."""

import time
from pathlib import Path

from bench.lab import Result, family

SECONDS = 20


def measure(installations, options):
    installation = installations.with_tasks()
    with installation.consumer("emails") as emails, installation.consumer("exports") as exports:
        time.sleep(3)  # what follows a start is not idleness
        processes = [*family(emails.pid), *family(exports.pid)]
        before = sum(map(cpu_seconds, processes))
        time.sleep(SECONDS)
        share = 100 * (sum(map(cpu_seconds, processes)) - before) / SECONDS
        memory = sum(map(proportional_memory, processes))
    yield Result(
        f"both consumers idle for {SECONDS} s",
        f"{share:.2f} % of a core; {memory:.0f} MiB in {len(processes)} processes",
        "–",
        "–",
        "< 0.5 %",
        share < 0.5,
    )


def cpu_seconds(pid) -> float:
    """What the threads of the process have used, in nanoseconds at the source: proc(5)'s stat counts hundredths."""
    return sum(int(stat.read_text().split()[0]) for stat in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def proportional_memory(pid) -> float:
    """MiB of the process, shared pages divided among those that share them (proc(5), smaps_rollup, Pss)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(rollup.partition("Pss:")[2].split()[0]) / 1024
