"""A data folder that can be filled without harm to the machine: a small file system of its own, seen by nobody else.

As root, and where the kernel lets users have namespaces, this process starts itself anew in a mount namespace of its
own (unshare(1)), and mounts a tmpfs there. Elsewhere the product's processes are forbidden to write beyond the first
kilobytes of any file (prlimit(2), RLIMIT_FSIZE): they meet EFBIG instead of ENOSPC.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

#: Set in the process that was started anew.
MARK = "ROOST_CHAOS_OWN_MOUNTS"
#: Bytes of a file that may be written where no file system of our own is possible.
LIMIT = 4096
SPARE = ("supervise",)  # whose output would be lost, the log itself


def enter():
    """Be in a mount namespace of our own from here on, if that is possible: replaces this process."""
    if MARK in os.environ:
        return
    for command in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        probe = [*command, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"]
        try:
            if subprocess.run(probe, capture_output=True, timeout=10, check=False).returncode == 0:
                os.environ[MARK] = " ".join(command)
                again = [*command, sys.executable, "-m", "bench.chaos", *sys.argv[1:]]
                os.execvp(command[0], again)  # noqa: S606 (nothing of it is anybody's input)
        except (OSError, subprocess.TimeoutExpired):
            continue
    os.environ[MARK] = ""


class Tmpfs:
    """A file system of `size` mebibytes, which is filled with a file."""

    def __init__(self, folder: Path, size: int):
        self.filler = folder / "filler"
        self.words = f"a tmpfs of {size} MiB, filled ({os.environ[MARK]})"
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=700", "tmpfs", str(folder)]
        self.folder = folder
        subprocess.run(mount, check=True)

    def unmount(self):
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self, processes):
        """Leave no byte. Called again and again while the disk is to be full."""
        try:
            with self.filler.open("ab", buffering=0) as file:
                while file.write(b"\0" * 65536):
                    pass
        except OSError:
            pass

    def clear(self, processes):
        self.filler.unlink(missing_ok=True)


class Limits:
    """The disk is called full by setting limits to the processes that write."""

    words = f"no file system of our own is possible here: RLIMIT_FSIZE of {LIMIT} bytes for each process"

    def fill(self, processes):
        self._limit(processes, LIMIT)

    def clear(self, processes):
        self._limit(processes, resource.RLIM_INFINITY)

    def _limit(self, processes, size):
        for process in processes:
            if not any(word in process.command for word in SPARE):
                try:
                    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
                    soft = hard if size == resource.RLIM_INFINITY else size
                    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (soft, hard))
                except ProcessLookupError:
                    continue


def make(folder: Path, size: int):
    """The room for a data folder: a Tmpfs or Limits."""
    return Tmpfs(folder, size) if os.environ.get(MARK) else Limits()
