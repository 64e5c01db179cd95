from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import total_ordering

from django.template.defaultfilters import filesizeformat
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

#: How screens name the parts. One that has no name here (a system check's, which is its id) is shown by its own.
TITLES = {
    "address": _("Address"),
    "alerts": _("Alerts"),
    "backups": _("Backups"),
    "check": _("Check"),
    "clock": _("Clock"),
    "consumer": _("Consumer"),
    "cron_lines": _("Cron lines"),
    "data_folder": _("Data folder"),
    "database": _("Database"),
    "disk": _("Disk"),
    "file_system": _("File system"),
    "half_way": _("Half way"),
    "https": _("HTTPS"),
    "mail": _("Mail"),
    "migrations": _("Migrations"),
    "outbox": _("Outbox"),
    "private_files": _("Private files"),
    "proxies": _("Proxies"),
    "queue": _("Queue"),
    "schedules": _("Schedules"),
    "secret_key": _("Secret key"),
    "settings": _("Settings"),
    "sqlite": _("SQLite"),
    "time_zones": _("Time zones"),
    "wal": _("Write-ahead log"),
    "web": _("Web"),
}

#: What `count` counts.
ALERTS = ngettext_lazy("%(number)s alert", "%(number)s alerts", "count")
CHANGES = ngettext_lazy("%(number)s change", "%(number)s changes", "count")
EMAILS = ngettext_lazy("%(number)s e-mail", "%(number)s e-mails", "count")
JOBS = ngettext_lazy("%(number)s job", "%(number)s jobs", "count")
SCHEDULES = ngettext_lazy("%(number)s schedule", "%(number)s schedules", "count")


@total_ordering
class Verdict(Enum):
    """How a part is, from the best to the worst: `max()` of some is that of the whole."""

    OK = "ok"
    #: Look at it some time: nothing is lost yet.
    WARNING = "warning"
    #: Something does not work, or will not much longer.
    RED = "red"

    def __str__(self):
        return self.value

    def __lt__(self, other):
        order = list(Verdict)
        return order.index(self) < order.index(other)

    @property
    def label(self) -> str:
        """In a word, for a screen."""
        return {"ok": gettext("Fine"), "warning": gettext("Warning"), "red": gettext("Trouble")}[self.value]

    @property
    def tone(self) -> str:
        """The `data-tone` of its badge."""
        return {"ok": "success", "warning": "warning", "red": "danger"}[self.value]


@dataclass(frozen=True)
class Part:
    """One part of the installation as it is now.

    `name` is the same at every look ("consumer:emails"); `words`, a sentence for a person; `remedy`, what to do about
    it in one line, "" where there is nothing to do; `detail`, numbers and times (ISO 8601) that JSON can say.
    """

    name: str
    verdict: Verdict
    words: str
    remedy: str = ""
    detail: dict = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name for a screen."""
        what, _, which = self.name.partition(":")
        what = str(TITLES.get(what) or what.replace("_", " ").capitalize())
        return f"{what}: {which}" if which else what

    def as_dict(self) -> dict:
        """For JSON."""
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "words": self.words,
            "remedy": self.remedy,
            "detail": self.detail,
        }


def worst(parts) -> Verdict:
    """The verdict of the whole."""
    return max((part.verdict for part in parts), default=Verdict.OK)


# ---- what a look at a part returns: all of it but the name


def ok(words: str, **detail):
    return Verdict.OK, str(words), "", detail


def warning(words: str, remedy: str, **detail):
    return Verdict.WARNING, str(words), str(remedy), detail


def red(words: str, remedy: str, **detail):
    return Verdict.RED, str(words), str(remedy), detail


# ---- how they speak


def age(since: datetime, now: datetime) -> str:
    """How long ago: "40 seconds", "3 hours"."""
    seconds = int((now - since).total_seconds())
    if abs(seconds) < 60:
        seconds = max(seconds, 0)
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    return timesince(since, now, depth=1).replace("\xa0", " ")


def one_line(error) -> str:
    """What an error says, without its line breaks."""
    return " ".join(str(error).split())


def size(number: int) -> str:
    """`number` of bytes: "1.5 GB"."""
    return filesizeformat(number).replace("\xa0", " ")


def count(number: int, things, enough: int | None = None) -> str:
    """ "1 e-mail", "3 e-mails", and "10,000 e-mails or more" where nobody counted further than `enough`.

    `things` is one of the above, such as EMAILS.
    """
    words = str(things % {"count": number, "number": f"{number:,}"})
    if enough is not None and number >= enough:
        return gettext("%(things)s or more") % {"things": words}
    return words
