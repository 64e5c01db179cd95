"""The whole product as `bin/serve` runs it: how soon it answers, and what it costs while nothing happens."""

import os
import signal
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

from bench.benchmarks.idle import cpu_seconds, proportional_memory
from bench.benchmarks.request import free_port
from bench.lab import Installation, Result, end, family, wait_for

#: Seconds: until what follows a start is over, and for which its idleness is measured.
SETTLE, IDLE = 15, 60


def measure(installations, options):
    with closing(Installation(1000)) as installation:  # its own: in that of others their mail would still wait
        yield from measure_in(installation)


def measure_in(installation):
    port = free_port()
    installation.environment["PORT"] = str(port)
    installation.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    start = time.monotonic()
    product = installation.start("manage.py", "serve")
    try:
        wait_for(lambda: answers(port) or product.poll() is not None)
        started = time.monotonic() - start
        recovered = recovery(product.pid, port)
        time.sleep(SETTLE)
        processes = family(product.pid)
        before, begin = sum(map(cpu_seconds, processes)), time.monotonic()
        time.sleep(IDLE)
        share = 100 * (sum(map(cpu_seconds, processes)) - before) / (time.monotonic() - begin)
        memory = sum(map(proportional_memory, processes))
    finally:
        end(product)
    yield Result("start of everything to the first answer", f"{started:.1f} s", "–", "–", "< 5 s", started < 5)
    yield Result("the web killed (SIGKILL) to its next answer", f"{recovered:.1f} s", "–", "–", "< 5 s", recovered < 5)
    yield Result(
        f"everything idle for {IDLE} s",
        f"{memory:.0f} MiB in {len(processes)} processes; {share:.2f} % of a core",
        "–",
        "–",
        "< 220 MiB, < 1 %",
        memory < 220 and share < 1,
    )


def recovery(supervisor, port) -> float:
    """Seconds. The old workers end with their parent, and what they still answer on the way does not count."""
    web = next(pid for pid in family(supervisor) if pid != supervisor and "run_web" in command(pid))
    old = family(web)
    os.kill(web, signal.SIGKILL)
    begin = time.monotonic()
    wait_for(lambda: not any("run_web" in command(pid) for pid in old))
    wait_for(lambda: answers(port))
    return time.monotonic() - begin


def command(pid) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def answers(port) -> bool:
    with suppress(OSError):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/up", timeout=5).status == 200
    return False
