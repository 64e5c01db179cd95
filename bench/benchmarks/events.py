"""The stream of events with many listeners: how soon an event arrives, what it costs, and what is left for pages."""

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime

from bench.benchmarks.idle import cpu_seconds, proportional_memory
from bench.benchmarks.request import free_port, listens
from bench.lab import Result, family, percentile, times, wait_for

TASKS = 10_000
#: Persons, and open pages of each.
PEOPLE, PAGES = 50, 10
EVENTS = 40
#: Seconds for which cost is measured while nothing happens.
IDLE = 15


def measure(installations, options):
    installation = installations.with_tasks(TASKS)
    sessions = installation.measure("bench.loads.listeners", "sign_in", PEOPLE)
    with web(installation) as (process, port):
        alone = load(port, sessions[0])
        processes = family(process.pid)
        memory = sum(map(proportional_memory, processes))
        delays, share, grown, beside = asyncio.run(listen(installation, processes, port, sessions))
    listeners = PEOPLE * PAGES
    p50, p99 = statistics.median(delays), percentile(delays, 0.99)
    yield Result(
        f"from an event's commit in a consumer to the browser, {listeners} listeners: p50, p99",
        f"{p50:.0f} ms, {p99:.0f} ms",
        "–",
        "–",
        "p50 < 150 ms, p99 < 500 ms",
        p50 < 150 and p99 < 500,
    )
    yield Result(
        f"{listeners} idle listeners for {IDLE} s",
        f"{grown - memory:.0f} MiB, {share:.1f} % of a core",
        "–",
        "–",
        "< 100 MiB, < 5 %",
        grown - memory < 100 and share < 5,
    )
    if alone and beside:
        yield Result(
            f"task list with {listeners} listeners: requests/s (p99)",
            f"{beside[0]:.0f} ({beside[1]:.0f} ms)",
            f"without listeners: {alone[0]:.0f} ({alone[1]:.0f} ms)",
            times(beside[0] / alone[0]),
            "≥ 0.9 ×",
            beside[0] >= 0.9 * alone[0],
        )


@contextmanager
def web(installation):
    port = free_port()
    installation.environment["PORT"] = str(port)
    with installation.running("manage.py", "run_web") as process:
        wait_for(lambda: listens(port))
        yield process, port


async def listen(installation, processes, port, sessions):
    """Returns the milliseconds of each delivery, % of a core and MiB while idle, and `load` beside all listeners."""
    arrived = asyncio.Queue()
    streams = [asyncio.create_task(follow(port, session, arrived)) for session in sessions for _ in range(PAGES)]
    for _ in streams:
        await asyncio.wait_for(arrived.get(), 60)  # each has been greeted
    await asyncio.sleep(2)
    before, start = sum(map(cpu_seconds, processes)), time.monotonic()
    await asyncio.sleep(IDLE)
    share = 100 * (sum(map(cpu_seconds, processes)) - before) / (time.monotonic() - start)
    memory = sum(map(proportional_memory, processes))
    beside = await asyncio.to_thread(load, port, sessions[0])
    with installation.consumer("emails"):
        await asyncio.to_thread(installation.measure, "bench.loads.listeners", "tell", EVENTS)
        delays = [await asyncio.wait_for(arrived.get(), 30) for _ in range(EVENTS * len(streams))]
    for stream in streams:
        stream.cancel()
    return delays, share, memory, beside


async def follow(port, session, arrived):
    """One open page: notes that it is greeted, and then how many milliseconds each event took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /events/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n\r\n".encode())
    async for line in reader:
        if line.startswith(b"retry:"):
            arrived.put_nowait(0)
        elif line.startswith(b"data: "):
            told = datetime.fromisoformat(json.loads(line[6:])["at"]).timestamp()
            arrived.put_nowait(1000 * (time.time() - told))


def load(port, session):
    """Requests a second and p99 in ms of the task list, asked for by 16 clients; None without wrk."""
    if not have_wrk():
        return None
    command = [
        "wrk",
        "-t1",
        "-c16",
        "-d8s",
        "--latency",
        "-H",
        f"Cookie: sessionid={session}",
        "-H",
        "Accept: text/html",
    ]
    output = subprocess.check_output([*command, f"http://127.0.0.1:{port}/orgs/acme/tasks/"], text=True)
    if "Non-2xx" in output:
        raise RuntimeError(output)
    number, unit = re.search(r"99%\s+([0-9.]+)(us|ms|s)", output).groups()
    return float(re.search(r"Requests/sec:\s+([0-9.]+)", output)[1]), float(number) * {"us": 0.001, "ms": 1, "s": 1000}[
        unit
    ]


def have_wrk() -> bool:
    """Whether the load generator is here; root on Debian gets it."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", "wrk"], check=False)
    return shutil.which("wrk") is not None
