"""Who runs a job: `host:pid:start time`, and whether that process is still there.

The start time tells a process from a later one with the same pid, which in a container is the rule: pids start at 1.
"""

import os
import re
import socket
from functools import lru_cache

NAME = re.compile(r"(?P<host>.*):(?P<pid>[0-9]+):(?P<start>[0-9]+)")


def identity(pid: int | None = None) -> str:
    """The identity of the process `pid` of this host (default: this process)."""
    return _identity(pid or os.getpid())


@lru_cache(maxsize=1)  # a job must not pay for it; the key is the pid: a forked child asks again
def _identity(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_start_time(pid) or 0}"


def is_dead(worker: str) -> bool:
    """True where `worker` was a process of this host and is gone; False where it lives or nobody here can know."""
    name = NAME.fullmatch(worker)
    if not name or name["host"] != socket.gethostname() or not os.path.exists("/proc/self/stat"):
        return False
    return _start_time(int(name["pid"])) != int(name["start"])


def memory(worker: str) -> int:
    """The resident memory of a process of this host in bytes (proc(5), statm); 0 where it is gone."""
    try:
        with open(f"/proc/{NAME.fullmatch(worker)['pid']}/statm", "rb") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _start_time(pid: int) -> int | None:
    """Clock ticks from boot to the start of the process (proc(5), field 22); None where it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            # The command's name stands in parentheses and may hold anything: count from the last one.
            fields = stat.read().rpartition(b")")[2].split()
    except OSError:  # gone, or no /proc on this system
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])
