"""Who uses the data folder. What runs for long shares `DATA_DIR/lock`; what replaces the data has it alone.

It is a lock of flock(2): it ends with the last process that holds it, however that ends, and forked children hold it
with their parent. So it needs no pids, and nothing is left to clean up after a kill.
"""

import fcntl
import os
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError

#: There while a restore puts files into place (`ops.backups.swap`), and while migrations run (`ops.backups.updating`):
#: the data is neither the old nor the new.
RESTORING = settings.DATA_DIR / "restore.json"
UPDATING = settings.DATA_DIR / "update.json"

IN_USE = (
    "Roost is running on {folder}. Stop it first: Ctrl-C where bin/serve runs, or `docker stop roost`. (A command such "
    "as `manage.py backup` counts too: wait for its end.)"
)
REPLACED = "The data in {folder} is being restored or updated just now. Wait for the end of that, then try again."
HALF_WAY = (
    "A restore or an update of {folder} was interrupted. `manage.py prepare` ends it, and so does every start with "
    "bin/serve."
)

_descriptor = None


def share(*, inheritable=False):
    """Use the data together with others, until this process ends. `inheritable`: also after execve(2).

    Raises CommandError where the data is being replaced, or was left half replaced.
    """
    try:
        fcntl.flock(_open(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(REPLACED.format(folder=settings.DATA_DIR)) from None
    if RESTORING.exists() or UPDATING.exists():
        raise CommandError(HALF_WAY.format(folder=settings.DATA_DIR))
    os.set_inheritable(_descriptor, inheritable)


@contextmanager
def alone():
    """Within the block nobody else uses the data; afterwards this process shares it.

    Raises CommandError where others use it.
    """
    descriptor = _open()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(IN_USE.format(folder=settings.DATA_DIR)) from None
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_SH)


def _open() -> int:
    """The one descriptor of this process: two of them would lock each other out."""
    global _descriptor
    if _descriptor is None:
        _descriptor = os.open(settings.DATA_DIR / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return _descriptor
