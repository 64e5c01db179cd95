"""CSV against the sqlite3 shell: the same columns, rows and order."""

import statistics
import subprocess
import time

from bench import exporting
from bench.lab import RUNS, Result, have_sqlite_shell, times

SCRIPT = """
.mode csv
.headers on
.output {output}
SELECT t.id, t.title, t.status, t.priority, u.email AS assigned_to, t.created_at
FROM orgs_task t LEFT JOIN accounts_user u ON u.id = t.assigned_to_id
WHERE t.organization_id = (SELECT id FROM orgs_organization WHERE slug = 'acme')
ORDER BY t.created_at DESC, t.id DESC;
"""


def measure(installations, options):
    installation = exporting.prepare(installations, options.rows)
    shell = have_sqlite_shell()
    ours, rival = [], []
    for _ in range(RUNS):
        if shell:
            rival.append(run_shell(installation))
        ours.append(exporting.export(installation)["seconds"])
    ours = statistics.median(ours)
    rival = statistics.median(rival) if shell else None
    yield Result(
        f"CSV of {options.rows:,} tasks, claim to done",
        f"{ours:.2f} s",
        f"sqlite3 shell: {rival:.2f} s" if shell else "sqlite3 shell: not installed",
        times(ours / rival) if shell else "",
        "≤ 1.5 × its time",
        ours / rival <= 1.5 if shell else None,
    )


def run_shell(installation) -> float:
    output = installation.folder / "shell.csv"
    start = time.perf_counter()
    subprocess.run(
        ["sqlite3", "-readonly", str(installation.database)],
        input=SCRIPT.format(output=output).encode(),
        check=True,
    )
    seconds = time.perf_counter() - start
    output.unlink()
    return seconds
