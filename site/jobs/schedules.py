"""Schedules are declared in code, beside the function that they run:

    @schedule("17 3 * * *", purpose=_("Delete exports that nobody will fetch any more."))
    def delete_expired_exports():

Each minute every consumer calls `open_due_slots`; each due slot becomes one `ScheduledRun`, however many consumers
there are. An operator may change or pause a schedule in the database (`jobs.models.Schedule`).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from inspect import getdoc

from django.utils import timezone

logger = logging.getLogger("jobs")


@dataclass(frozen=True)
class Declared:
    name: str
    cron: str
    catch_up: bool
    function: Callable[[], None]
    purpose: str = ""


#: Every declared schedule by its name; complete once all `tasks` modules are imported.
registry: dict[str, Declared] = {}


def schedule(cron: str, *, catch_up: bool = True, name: str = "", purpose: str = ""):
    """Declare that the function is to run at each slot of `cron` (five fields, in the time zone TIME_ZONE).

    Arguments: `catch_up`, whether slots missed while nothing ran are made good by one run or skipped; `name`, unique
    (default: the app's and the function's); `purpose`, a sentence for operators that says what it does, marked for
    translation (default: what the function's docstring says). The function takes nothing, may run twice, and tells of
    trouble by raising.
    """

    def declare(function):
        key = name or f"{function.__module__.removesuffix('.tasks')}.{function.__name__}"
        if key in registry:
            raise ValueError(f"Two schedules are named {key!r}: give one of them another name=.")
        registry[key] = Declared(key, cron, catch_up, function, purpose or getdoc(function) or "")
        return function

    return declare


def open_due_slots(now=None):
    """Make a `ScheduledRun` of each slot that is due at `now` (an aware datetime; default: the time)."""
    from jobs.models import Schedule

    now = now or timezone.now()
    for declared in registry.values():
        try:
            Schedule.objects.adopt(declared, now).open_slot(now)
        except Exception:  # a line that cannot be read must not keep the other schedules from running
            logger.exception("cannot open the slots of the schedule %s", declared.name)
