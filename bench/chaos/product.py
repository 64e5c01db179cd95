"""The whole product as a user runs it: `manage.py serve` in a data folder of its own, and whoever starts it again."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.lab import ROOT, wait_for

#: Seconds in which the product starts, or stops, on a slow and busy machine.
LONG = 60


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str


class Product:
    """Arguments: `folder`, whose `data` is the data folder; `port`; further variables of the environment."""

    def __init__(self, folder: Path, port: int, **environment):
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self.port = port
        inherited = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        self.environment = {
            **inherited,
            "DATA_DIR": str(self.data),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PORT": str(port),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'site'}",
            **environment,
        }
        self.supervisor = None
        #: When it was started again, after it had been killed.
        self.restarts = []
        self._stopping = threading.Event()

    # ---- running it

    def measure(self, module: str) -> dict:
        """Run a module of ours to its end in a process of its own. Returns what it prints, which is JSON."""
        with self.log.open("ab") as log:
            return json.loads(
                subprocess.check_output([sys.executable, "-m", module], cwd=ROOT, env=self.environment, stderr=log)
            )

    def start(self):
        """Start it, wait until it answers, and from then on start it again whenever it ends, as a container's restart
        policy does."""
        self._launch()
        wait_for(lambda: self.answers() or self.supervisor.poll() is not None, LONG)
        if self.supervisor.poll() is not None:
            raise RuntimeError(f"It ended at once:\n{self.log.read_text()[-3000:]}")
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def stop(self) -> list[str]:
        """Stop it as `docker stop` does. Returns what was wrong about its end."""
        self._stopping.set()
        self._keeper.join()
        self.supervisor.send_signal(signal.SIGTERM)
        wrong = []
        try:
            if code := self.supervisor.wait(LONG):
                wrong.append(f"the supervisor ended with exit code {code}")
        except subprocess.TimeoutExpired:
            wrong.append(f"the supervisor did not stop within {LONG} s")
        with suppress(TimeoutError):
            wait_for(lambda: not self.processes(), 5)
        wrong += [f"still running after the stop: {process.pid} {process.command}" for process in self.processes()]
        self.kill_all()
        return wrong

    def kill_all(self):
        """End it at once, as the kernel does with a container whose first process has ended."""
        while processes := self.processes():
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.02)

    def abandon(self):
        """Leave nothing behind, whatever has gone wrong."""
        self._stopping.set()
        self.kill_all()

    def _launch(self):
        with self.log.open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def _keep(self):
        while not self._stopping.wait(0.05):
            if self.supervisor.poll() is not None:
                self.kill_all()
                self.restarts.append(time.time())
                self._launch()

    # ---- looking at it

    def answers(self) -> bool:
        """Whether a new connection gets an answer from a web process that can serve."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/up", headers={"Connection": "close"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def processes(self) -> list[Process]:
        """All that runs for this data folder, zombies not."""
        mine, found = f"DATA_DIR={self.data}".encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] in "ZX" or mine not in (folder / "environ").read_bytes().split(b"\0"):
                    continue
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:  # gone meanwhile, or somebody else's
                continue
            found.append(Process(int(folder.name), int(fields[1]), command))
        return found

    def parents_of(self, program: str) -> list[Process]:
        """The first process of a program, such as `run_web`: a child of the supervisor."""
        return [
            process
            for process in self.processes()
            if program in process.command and process.parent == self.supervisor.pid
        ]

    def workers_of(self, program: str) -> list[Process]:
        """What the first process of a program has started."""
        processes = self.processes()
        parents = {p.pid for p in processes if program in p.command and p.parent == self.supervisor.pid}
        return [process for process in processes if process.parent in parents]

    def strays(self) -> list[Process]:
        """What runs for this data folder below no supervisor."""
        processes = {process.pid: process for process in self.processes()}
        known = {self.supervisor.pid}
        for _ in processes:
            known |= {process.pid for process in processes.values() if process.parent in known}
        return [process for pid, process in processes.items() if pid not in known]
