"""Where in the code each thread of this process is, on demand."""

import os
import signal
import sys
import threading
import traceback


def tell_on_demand():
    """From now on SIGUSR2 makes this process, and those that it forks, write it to standard error. In the main thread.

    It is Python that looks, as soon as the main thread is in Python. `faulthandler` would look at once, but reads the
    stacks of threads that run meanwhile: now and then it crashed the process that was only asked how it is.
    """
    signal.signal(signal.SIGUSR2, lambda *_: _write(stacks()))


def stacks() -> str:
    """The stack of each thread, its innermost call last."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "".join(
        f"Thread {names.get(number, number)} of process {os.getpid()} (most recent call last):\n"
        + "".join(traceback.format_stack(frame))
        for number, frame in sys._current_frames().items()
    )


def _write(text):
    # Not through sys.stderr: the signal may have come while that was being written to.
    left = text.encode(errors="backslashreplace")
    while left:
        left = left[os.write(2, left) :]
