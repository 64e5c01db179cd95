"""Peak memory of an exporting process: few rows against many."""

import statistics

from bench import exporting
from bench.lab import RUNS, Result, times


def measure(installations, options):
    few, many = options.rows // 100, options.rows
    small, large = (exporting.prepare(installations, rows) for rows in (few, many))
    before, after = [], []
    for _ in range(RUNS):
        before.append(exporting.export(small)["peak"])
        after.append(exporting.export(large)["peak"])
    before, after = statistics.median(before), statistics.median(after)
    yield Result(
        f"peak memory of the CSV export, {many:,} rows against {few:,}",
        f"{after:.1f} MiB",
        f"itself: {before:.1f} MiB",
        times(after / before),
        "grows by < 10 MiB",
        after - before < 10,
    )
