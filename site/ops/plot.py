"""How many attempts ended in each hour of the last two days, as bars of an SVG that a template draws."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from django.db.models import CharField, Count
from django.db.models.functions import Cast, Substr
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import mark_safe
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


HOUR = (
    '<g class="plot-hour"><title>{day}, {time}: {words}</title>'
    '<rect class="plot-back" x="{x}" y="0" width="{width}" height="{height}"/>{bars}</g>'
)
BAR = '<rect class="plot-bar" data-group="{group}" x="{x}" y="{y}" width="{width}" height="{height}"/>'

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
class Plot:
    hours: list[Hour]

    width, height = WIDTH, HEIGHT
    labels = {group: label for group, (label, outcomes) in GROUPS.items()}

    @cached_property
    def most(self):
        return max(hour.total for hour in self.hours)

    @property
    def totals(self):
        """(group, label, how many in all), in the order of a legend."""
        return [
            (group, label, sum(hour.counts[group] for hour in self.hours))
            for group, label in reversed(self.labels.items())
        ]

    def drawn(self):
        """The hours as elements of an SVG of this width and height. Not a template: 48 turns of one took as long as all
        that the overview asks of the database. Words and dates are escaped; all else that is filled in is ours."""
        return mark_safe("\n".join(map(self._draw, range(len(self.hours)), self.hours)))  # noqa: S308

    def _draw(self, position, hour):
        start, x, width = timezone.localtime(hour.start), WIDTH / HOURS * position, WIDTH / HOURS
        place = {"x": f"{x + GAP / 2:.1f}", "width": f"{width - GAP:.1f}"}
        return HOUR.format(
            day=escape(date_format(start, gettext("j M"))),
            time=f"{start:%H:%M}",
            words=escape(hour.words),
            x=f"{x:.0f}",
            width=f"{width:.0f}",
            height=HEIGHT,
            bars="".join(BAR.format(**bar, **place) for bar in self._stack(hour)),
        )

    def _stack(self, hour):
        """The bars of an hour from the bottom up, what is theirs in BAR."""
        scale, heights = HEIGHT / max(self.most, 1), {}
        for group, count in hour.counts.items():
            if count:
                heights[group] = max(count * scale, LEAST)
        # What was made higher to be seen, the highest one gives back.
        if (over := sum(heights.values()) - HEIGHT) > 0:
            heights[max(heights, key=heights.get)] -= over
        y = HEIGHT
        for group, height in heights.items():
            y -= height
            yield {"group": group, "y": f"{y:.1f}", "height": f"{height:.1f}"}


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
