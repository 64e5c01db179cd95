"""Real consumers: an installation in a folder of its own, and processes of it that a test may kill at any moment."""

import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from jobs.models import Status

ROOT = Path(__file__).resolve().parents[1]

#: Seconds within which what should happen at once has happened, on a slow and busy machine.
SOON = 30


def until(condition, seconds=SOON):
    """Wait until `condition()` is true and return what it returned. Raises AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.02)
    return answer


class Installation:
    """A data folder with a migrated database, and the commands of its `manage.py`.

    Arguments: `folder`; further variables of the environment, such as QUEUE_URL.
    """

    def __init__(self, folder: Path, **environment):
        self.folder = folder
        self.log = folder / "log"
        self.environment = {
            **os.environ,
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            **environment,
        }
        self.environment.pop("DATABASE_URL", None)

    def queue_files(self, queue):
        """The files of a queue, in the order in which a shell's `rm queue-NAME*` removes them."""
        return sorted(self.folder.glob(f"queue-{queue}.sqlite3*"))

    def start(self, *arguments, **options) -> subprocess.Popen:
        """Start `manage.py` with these arguments."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.Popen(command, env=self.environment, cwd=ROOT, text=True, **options)

    def run(self, *arguments) -> subprocess.CompletedProcess:
        """Run `manage.py` with these arguments to its end."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, text=True, capture_output=True, timeout=SOON, check=False
        )

    @contextmanager
    def consumer(self, queue=None, workers=None):
        """A consumer of `queue` (default: one of each) that is ready for work; what is left of it at the end is killed.

        Gives its Popen; standard error goes to `log`.
        """
        options = [*(["--queue", queue] if queue else []), *(["--workers", str(workers)] if workers else [])]
        ready = [f"consumer of {name} is ready" for name in ([queue] if queue else ["emails", "exports"])]
        start = self.log.stat().st_size if self.log.exists() else 0

        def said():
            return self.log.read_bytes()[start:].decode()

        with self.log.open("a") as log:
            process = self.start("run_huey", *options, stderr=log)
        try:
            until(lambda: process.poll() is not None or all(line in said() for line in ready))
            yield process
        except BaseException:
            print(said())  # noqa: T201 (pytest shows it with the failure)
            raise
        finally:
            if process.poll() is None:
                kill(process.pid)
                process.wait()


def kill(pid: int):
    os.kill(pid, signal.SIGKILL)


def fill_disk(pid: int):
    """From now on the process cannot write any file of a database: to SQLite that is a disk that takes no more."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (512, resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]))


def free_disk(pid: int):
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def children(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descendants(pid: int) -> list[int]:
    """The processes below `pid`."""
    return [*children(pid), *(below for child in children(pid) for below in descendants(child))]


def pid_of(job) -> int:
    """The process that runs the job, or last ran it."""
    return int(job.worker.split(":")[1])


def is_running(job) -> bool:
    """Whether it runs and has made progress."""
    job.refresh_from_db()
    return job.status == Status.RUNNING and job.progress > 0


def is_done(job) -> bool:
    job.refresh_from_db()
    assert job.status != Status.FAILED, job.error
    return job.status == Status.DONE


def has_failed(job) -> bool:
    job.refresh_from_db()
    assert job.status != Status.DONE
    return job.status == Status.FAILED


def history(job) -> list[str]:
    return [attempt.outcome for attempt in job.attempts]
