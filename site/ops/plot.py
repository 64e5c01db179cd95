"""How many attempts ended in each hour of the last two days, as bars of an SVG that a template draws."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import CharField, Count
from django.db.models.functions import Cast, Substr
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from jobs.models import Attempt, Outcome

HOURS = 48
#: The size of the drawing in its own units, the gap between two bars, and the least height that can be seen.
WIDTH, HEIGHT, GAP, LEAST = 960, 160, 4, 3

#: What is told apart, from the bottom up: what is bad stands on the ground, where little of it is seen too.
GROUPS = {
    "failed": (_("Failed"), (Outcome.FAILED, Outcome.DIED)),
    "retried": (_("To be tried again"), (Outcome.RETRIED,)),
    "stopped": (_("Stopped"), (Outcome.CANCELLED, Outcome.INTERRUPTED)),
    "done": (_("Done"), (Outcome.DONE,)),
}


COUNTED = {
    "failed": ngettext_lazy("%(number)s failed", "%(number)s failed", "count"),
    "retried": ngettext_lazy("%(number)s to be tried again", "%(number)s to be tried again", "count"),
    "stopped": ngettext_lazy("%(number)s stopped", "%(number)s stopped", "count"),
    "done": ngettext_lazy("%(number)s done", "%(number)s done", "count"),
}


@dataclass(frozen=True)
class Hour:
    start: datetime
    #: How many by group, in the order of GROUPS.
    counts: dict[str, int]

    @property
    def total(self):
        return sum(self.counts.values())

    @property
    def words(self):
        """“12 done, 1 failed”."""
        counts = [(COUNTED[group], count) for group, count in reversed(self.counts.items()) if count]
        parts = [str(words % {"count": count, "number": f"{count:,}"}) for words, count in counts]
        return ", ".join(parts) or gettext("nothing")


@dataclass(frozen=True)
class Bar:
    group: str
    x: str
    y: str
    height: str


@dataclass(frozen=True)
class Plot:
    hours: list[Hour]

    width, height = WIDTH, HEIGHT
    labels = {group: label for group, (label, outcomes) in GROUPS.items()}

    @property
    def most(self):
        return max(hour.total for hour in self.hours)

    @property
    def totals(self):
        """(group, label, how many in all), in the order of a legend."""
        return [
            (group, label, sum(hour.counts[group] for hour in self.hours))
            for group, label in reversed(self.labels.items())
        ]

    @property
    def bar_width(self):
        return f"{WIDTH / HOURS - GAP:.1f}"

    def bars(self):
        """(hour, its bars), hour by hour."""
        scale = HEIGHT / max(self.most, 1)
        for position, hour in enumerate(self.hours):
            x, heights = WIDTH / HOURS * position + GAP / 2, {}
            for group, count in hour.counts.items():
                if count:
                    heights[group] = max(count * scale, LEAST)
            # What was made higher to be seen, the highest one gives back.
            if (over := sum(heights.values()) - HEIGHT) > 0:
                heights[max(heights, key=heights.get)] -= over
            y, bars = HEIGHT, []
            for group, height in heights.items():
                y -= height
                bars.append(Bar(group, f"{x:.1f}", f"{y:.1f}", f"{height:.1f}"))
            yield hour, bars


def last_hours(now: datetime) -> Plot:
    """The Plot of the HOURS hours up to and with that of `now` (an aware datetime)."""
    this = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    starts = [this - timedelta(hours=ago) for ago in range(HOURS - 1, -1, -1)]
    counts = {start: dict.fromkeys(GROUPS, 0) for start in starts}
    group_of = {outcome: group for group, (label, outcomes) in GROUPS.items() for outcome in outcomes}
    # The beginning of a moment as the database writes it ("2026-11-25 14"): Django's own way to cut a moment calls
    # Python for each row of SQLite's.
    hour = Substr(Cast("ended_at", CharField()), 1, 13)
    found = Attempt.objects.filter(ended_at__gte=starts[0]).order_by().annotate(hour=hour)
    for text, outcome, count in found.values_list("hour", "outcome").annotate(Count("pk")):
        start = datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H").replace(tzinfo=UTC)
        if start in counts and outcome in group_of:
            counts[start][group_of[outcome]] += count
    return Plot([Hour(start, counts[start]) for start in starts])
