from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import total_ordering

from django.template.defaultfilters import filesizeformat
from django.utils.timesince import timesince

#: Names that are not words.
TITLES = {"sqlite": "SQLite", "wal": "Write-ahead log", "https": "HTTPS"}


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
        return {"ok": "Fine", "warning": "Warning", "red": "Trouble"}[self.value]

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
        what = TITLES.get(what, what.replace("_", " ").capitalize())
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
    return Verdict.OK, words, "", detail


def warning(words: str, remedy: str, **detail):
    return Verdict.WARNING, words, remedy, detail


def red(words: str, remedy: str, **detail):
    return Verdict.RED, words, remedy, detail


# ---- how they speak


def age(since: datetime, now: datetime) -> str:
    """How long ago: "40 seconds", "3 hours"."""
    seconds = int((now - since).total_seconds())
    if abs(seconds) < 60:
        return f"{max(seconds, 0)} second{'s' if seconds != 1 else ''}"
    return timesince(since, now, depth=1).replace("\xa0", " ")


def one_line(error) -> str:
    """What an error says, without its line breaks."""
    return " ".join(str(error).split())


def size(number: int) -> str:
    """`number` of bytes: "1.5 GB"."""
    return filesizeformat(number).replace("\xa0", " ")


def count(number: int, noun: str, enough: int | None = None) -> str:
    """ "1 e-mail", "3 e-mails", and "10,000 e-mails or more" where nobody counted further than `enough`."""
    more = " or more" if enough is not None and number >= enough else ""
    return f"{number:,} {noun}{'' if number == 1 else 's'}{more}"
