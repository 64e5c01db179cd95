"""The people of a run: where they belong, where they live, and what they do all day."""

from dataclasses import dataclass
from types import MappingProxyType

PASSWORD = "a long enough one"

#: Organizations by slug, with their time zones. Nobody changes a task of `archive`: an export of it can be compared
#: with the database, value by value.
ORGANIZATIONS = {
    "acme": "UTC",
    "elsewhere": "UTC",
    "archive": "UTC",
    "night": "Chaos/Midnight",
    "gap": "Chaos/Gap",
}
#: Tasks that are there from the beginning.
TASKS = {"acme": 400, "elsewhere": 100, "archive": 30_000, "night": 20, "gap": 20}
#: People without an organization, whom others add.
JOINERS = 60


@dataclass(frozen=True)
class Activity:
    #: Seconds between two actions, on average.
    pause: float
    pause_in_long_runs: float
    #: Verbs (methods of bench.chaos.people.Person) with their weights.
    verbs: MappingProxyType


@dataclass(frozen=True)
class Somebody:
    organization: str
    role: str
    activity: Activity
    zone: str = "UTC"
    is_staff: bool = False

    @property
    def moderates(self):
        return self.role in ("owner", "admin")


def _activity(pause, pause_in_long_runs=None, **verbs):
    return Activity(pause, pause_in_long_runs or pause, MappingProxyType(verbs))


TASK_WORK = {"create_task": 6, "complete_task": 3, "edit_task": 4, "reopen_task": 1, "delete_task": 2, "search": 2}
EXPORTING = {"start_export": 5, "cancel_export": 1, "download": 4}
WRITING = {"write_article": 2, "publish_article": 3, "archive_article": 0.5, "comment": 2}
MODERATING = {"approve": 4, "reject": 1}

_owners_work = {**TASK_WORK, **EXPORTING, **WRITING, **MODERATING, "invite_member": 2, "look_around": 2}
_owner = _activity(0.7, 1.5, **_owners_work)
_operator = _activity(0.6, 1.2, **_owners_work, test_delivery=1, operate=3, back_up=0.7)
_member = _activity(0.7, 1.5, **TASK_WORK, **EXPORTING, **WRITING, reset_password=0.7)
# Large exports, one after the other; in a long run their files must not need a large disk.
_archivist = _activity(1.0, 8, export_everything=6, cancel_export=1, download=4, look_around=1)
_sleeper = _activity(1.5, 4, **TASK_WORK, start_export=2, download=2)

PEOPLE = {
    "alice": Somebody("acme", "owner", _operator, is_staff=True),
    "bob": Somebody("acme", "admin", _activity(0.8, 1.5, **TASK_WORK, **WRITING, reset_password=0.5)),
    "carol": Somebody("acme", "member", _member),
    "erin": Somebody("acme", "member", _member),
    "dave": Somebody("acme", "viewer", _activity(2, 4, look_around=1, search=1)),
    "mallory": Somebody("elsewhere", "owner", _owner),
    "oscar": Somebody("elsewhere", "member", _member),
    "frida": Somebody("archive", "owner", _archivist),
    "fred": Somebody("archive", "member", _archivist),
    "nora": Somebody("night", "owner", _sleeper, zone="Chaos/Midnight"),
    "ned": Somebody("night", "member", _sleeper, zone="Chaos/Midnight"),
    "gwen": Somebody("gap", "owner", _sleeper, zone="Chaos/Gap"),
}


def address(name):
    return f"{name}@{PEOPLE[name].organization if name in PEOPLE else 'join'}.test"
