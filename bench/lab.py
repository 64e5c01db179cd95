"""Where a benchmark runs: a scratch installation, fresh processes that are ended by their id, medians."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: How often each side of a comparison runs, in turns; the median counts.
RUNS = 3


@dataclass(frozen=True)
class Result:
    """One line of the table. `met` is None where there was no rival to compare with."""

    what: str
    ours: str
    rival: str
    ratio: str
    goal: str
    met: bool | None


@dataclass(frozen=True)
class Options:
    rows: int
    long: bool


class Installation:
    """A data folder of its own below the temporary folder, with a migrated database; `close` removes it.

    `tasks`: how many the demo's organization has; without it there is no organization.
    """

    def __init__(self, tasks: int | None = None):
        self.folder = Path(tempfile.mkdtemp(prefix="roost-bench-"))
        self.database = self.folder / "roost.sqlite3"
        self.log = self.folder / "log"
        inherited = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        self.environment = {
            **inherited,
            "DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}",
        }
        self.manage("migrate", "--run-syncdb", "--verbosity=0")
        self.manage("createcachetable", "--verbosity=0")
        if tasks is not None:
            self.manage("load_demo", f"--tasks={tasks}")

    def close(self):
        shutil.rmtree(self.folder)

    def manage(self, *arguments):
        self.output(self.start("manage.py", *arguments))

    def measure(self, module: str, *arguments):
        """Run a module of ours in a fresh process. Returns what it prints, which is JSON."""
        process = self.start("-m", module, *map(str, arguments), stdout=subprocess.PIPE)
        return json.loads(self.output(process))

    def start(self, *arguments, **options) -> subprocess.Popen:
        """Start Python with these arguments; what it has to say goes to the log."""
        with self.log.open("ab") as log:
            options = {"stdout": log, "stderr": log, **options}
            return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=self.environment, **options)

    @contextmanager
    def consumer(self, queue: str):
        """A consumer of the queue that is ready for work. Gives its process."""
        with self.running("manage.py", "run_huey", "--queue", queue, ready=f"consumer of {queue} is ready") as process:
            yield process

    @contextmanager
    def running(self, *arguments, ready: str = ""):
        """A process, from the moment when it logs `ready`; at the end it is told to stop."""
        known = self.log.stat().st_size
        process = self.start(*arguments)
        try:
            wait_for(lambda: ready in self._logged(known) or process.poll() is not None)
            if process.poll() is not None:
                raise RuntimeError(f"{arguments} ended at once: {self._logged(known)}")
            yield process
        finally:
            end(process)

    def output(self, process) -> bytes:
        """What the process prints, once it has ended. Raises RuntimeError where that went wrong."""
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{process.args} failed:\n{self._logged(0)[-5000:]}")
        return output

    def _logged(self, start):
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read().decode()


def end(process: subprocess.Popen):
    """SIGTERM, and SIGKILL for what does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition, seconds=120):
    """Wait until `condition()` is true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"It has not happened within {seconds} s.")
        time.sleep(0.01)


def family(pid: int) -> list[int]:
    """The process and all below it."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    pids = [pid]
    for parent in pids:
        pids += children.get(parent, [])
    return pids


def percentile(values, share: float):
    """The smallest of the values that `share` of them do not exceed: with 60 values, p99 is the largest."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def have_sqlite_shell() -> bool:
    """Whether the `sqlite3` command is here; root on Debian gets it."""
    if shutil.which("sqlite3") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", "sqlite3"], check=False)
    return shutil.which("sqlite3") is not None


def times(factor: float) -> str:
    return f"{factor:.2f} ×" if round(factor, 2) < 10 else f"{factor:.0f} ×"
