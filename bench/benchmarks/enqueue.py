"""What one enqueue costs the request that does it."""

import json
import statistics
import sys
import time

from bench.lab import RUNS, Result, percentile, times

COUNT = 5000
SIDES = ("ours", "rival")


def measure(installations, options):
    installation = installations.with_tasks()
    runs = {side: [] for side in SIDES}
    for _ in range(RUNS):
        for side in SIDES:
            runs[side].append(installation.measure(__name__, side))
    p50, p99 = ({side: statistics.median(run[i] for run in runs[side]) for side in SIDES} for i in range(2))
    ratio = p50["rival"] / p50["ours"]
    yield Result(
        f"enqueue, p50 of {COUNT:,} (p99)",
        f"{p50['ours']:.0f} µs ({p99['ours']:.0f})",
        f"SqliteHuey: {p50['rival']:.0f} µs ({p99['rival']:.0f})",
        times(ratio),
        "≥ 2 × faster",
        ratio >= 2,
    )


def main(side):
    if side == "ours":
        import django

        django.setup()
        from bench.loads.tasks import note_start
    else:
        from bench.loads.huey_rival import note_start
    durations = []
    for number in range(COUNT):
        start = time.perf_counter_ns()
        note_start(str(number))
        durations.append((time.perf_counter_ns() - start) / 1000)
    note_start.huey.storage.flush_queue()
    print(json.dumps([statistics.median(durations), percentile(durations, 0.99)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
