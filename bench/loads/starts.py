"""How a function that was enqueued tells when it started."""

import time


def note(path):
    """Append the time to the file, in nanoseconds of the clock that all processes share."""
    now = time.monotonic_ns()
    with open(path, "a") as file:
        file.write(f"{now}\n")
