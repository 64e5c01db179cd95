"""Measures Roost against its rivals, side by side, and prints one Markdown table.

    bench/run.py [NAME …] [--rows N] [--long] [--json FILE]

Each benchmark is a module of `bench.benchmarks` whose `measure(installations, options)` yields lines of the table.
"""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import traceback
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.lab import Installation, Options

NAMES = (
    "csv",
    "textbook",
    "memory",
    "xlsx",
    "pickup",
    "enqueue",
    "drain",
    "idle",
    "request",
    "mail",
    "publish",
    "product",
    "backup",
    "events",
    "metrics",
    "ops",
    "health",
    "pages",
    "imports",
)
HEADER = ("what", "ours", "rival", "ratio", "goal", "met")


class Installations(ExitStack):
    """Scratch installations by their number of tasks, made when first asked for and removed at the end."""

    def __init__(self):
        super().__init__()
        self._made = {}

    def with_tasks(self, tasks=None) -> Installation:
        if tasks not in self._made:
            if tasks:
                say(f"  making {tasks:,} tasks")
            self._made[tasks] = Installation(tasks)
            self.callback(self._made[tasks].close)
        return self._made[tasks]


def main():
    parser = argparse.ArgumentParser(description="Measure Roost against its rivals, side by side.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run (default: all): {', '.join(NAMES)}")
    parser.add_argument("--rows", type=int, default=1_000_000, help="tasks to export (default: 1000000)")
    parser.add_argument("--long", action="store_true", help="also ten pick-ups after 30 s of silence each (5 minutes)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to FILE too")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in NAMES]:
        parser.error(f"unknown: {', '.join(unknown)}. Known: {', '.join(NAMES)}.")
    if arguments.rows < 1000:
        parser.error("--rows must be at least 1000.")

    options, results, failed = Options(arguments.rows, arguments.long), [], []
    with Installations() as installations:
        for name in arguments.names or NAMES:
            say(name)
            try:
                results += import_module(f"bench.benchmarks.{name}").measure(installations, options)
            except Exception:  # noqa: BLE001 (the others are still worth their lines)
                traceback.print_exc()
                failed.append(name)
    print(table(results))
    print(f"\n{machine()}")
    if not options.long:
        print("Left out: pick-ups after 30 s of silence each. --long measures them too.")
    if arguments.json:
        report = {"machine": machine(), "results": [asdict(result) for result in results]}
        arguments.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if failed:
        sys.exit(f"Not measured, for the errors above: {', '.join(failed)}.")


def table(results) -> str:
    met = {True: "yes", False: "**no**", None: "–"}
    lines = [HEADER, ["---"] * len(HEADER)]
    lines += [[*list(asdict(result).values())[:-1], met[result.met]] for result in results]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """What it ran on."""
    with open("/proc/cpuinfo") as cpuinfo:
        cpu = next((line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")), "CPU")
    try:
        import pysqlite3 as ours
    except ImportError:
        ours = sqlite3
    shell = shutil.which("sqlite3") and subprocess.check_output(["sqlite3", "--version"], text=True).split()[0]
    return (
        f"{os.cpu_count()} cores ({cpu}), load {os.getloadavg()[0]:.1f}; {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}; SQLite {ours.sqlite_version}, its shell {shell or 'not installed'}"
    )


def say(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
