"""The whole product as people run it: `manage.py serve` on a free port and a data folder of its own."""

import os
import socket
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.consumer import Installation, is_alive, kill, until

#: Seconds in which everything is up, or down, on a slow and busy machine.
LONG = 45


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Roost(Installation):
    """A whole Roost that can be started; all its processes are known by their data folder."""

    def __init__(self, folder, **environment):
        self.port = free_port()
        super().__init__(folder, **{"PORT": str(self.port), "WEB_WORKERS": "2", **environment})
        self.environment.pop("PUBLIC_URL", None)

    @contextmanager
    def serving(self, *arguments):
        """Gives the supervisor's Popen once the web answers."""
        with self.log.open("w") as log:
            supervisor = self.start("serve", *arguments, stdout=log, stderr=log)
        try:
            until(lambda: supervisor.poll() is not None or self.get("/up") == 200, LONG)
            yield supervisor
        except BaseException:
            print(self.log.read_text())  # noqa: T201 (pytest shows it with the failure)
            raise
        finally:
            for pid in self.processes():
                with suppress(ProcessLookupError):
                    kill(pid)
            supervisor.wait()

    def get(self, path):
        """The status of an answer, or None where nobody listens."""
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def processes(self, program=""):
        """The pids of what else runs for this data folder, of one program (`run_web`) or all."""
        mine, found = f"DATA_DIR={self.folder}".encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes().split(b"\0")
                command = (process / "cmdline").read_bytes().decode()
            except OSError:  # gone meanwhile, or somebody else's
                continue
            pid = int(process.name)
            if mine in environment and program in command and pid != os.getpid() and is_alive(pid):
                found.append(pid)
        return found
