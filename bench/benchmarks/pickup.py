"""How long an idle consumer takes from an enqueue to the start of the function."""

import json
import os
import random
import statistics
import sys
import time
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from subprocess import PIPE

from bench.lab import Result, percentile, times, wait_for

SHORT, LONG = (0.3, 3.0, 60), (30.0, 30.0, 10)  # seconds of silence from, to; how many
TASKS = {"ours": "bench.loads.tasks", "rival": "bench.loads.huey_rival"}


def measure(installations, options):
    installation = installations.with_tasks()
    for gaps in [SHORT, LONG] if options.long else [SHORT]:
        with ExitStack() as consumers:
            consumers.enter_context(installation.consumer("emails"))
            consumer = ["-m", "huey.bin.huey_consumer", "bench.loads.huey_rival.huey"]
            consumers.enter_context(installation.running(*consumer, ready="Huey consumer started"))
            # Both at once, each at moments of its own: the machine is the same for both, and idle for nearly all.
            sides = {side: installation.start("-m", __name__, side, *map(str, gaps), stdout=PIPE) for side in TASKS}
            ours, rival = (json.loads(installation.output(sides[side])) for side in TASKS)
        yield result(gaps, ours, rival)


def result(gaps, ours, rival):
    low, high, count = gaps
    silence = f"gaps of {low:g}–{high:g} s" if low < high else f"gaps of {low:g} s"
    p50, p99 = statistics.median(ours), percentile(ours, 0.99)
    return Result(
        f"idle pick-up, {count} of them, {silence}: p50, p99",
        f"{p50:.2f} ms, {p99:.2f} ms",
        f"SqliteHuey: {statistics.median(rival):.0f} ms, {percentile(rival, 0.99):.0f} ms",
        times(statistics.median(rival) / p50),
        "p50 < 2 ms, p99 < 10 ms",
        p50 < 2 and p99 < 10,
    )


def main(side, low, high, count):
    if side == "ours":
        import django

        django.setup()
    note_start = import_module(TASKS[side]).note_start
    path = Path(os.environ["DATA_DIR"]) / f"start-{side}"
    latencies = []
    for _ in range(int(count)):
        time.sleep(random.uniform(float(low), float(high)))
        enqueued = time.monotonic_ns()
        note_start(str(path))
        wait_for(lambda: path.exists() and path.stat().st_size)
        latencies.append((int(path.read_text()) - enqueued) / 1e6)
        path.unlink()
    print(json.dumps(latencies))


if __name__ == "__main__":
    main(*sys.argv[1:])
