"""What is wrong at a moment: states, which the parts of the health tell, and what has happened, which attempts tell.

Nothing is looked at twice: what has a part is the part's to tell.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.models import Attempt, Outcome, ScheduledRun, Status
from ops import health
from ops.models import Severity

#: How far back what has happened is told of.
WINDOW = timedelta(hours=1)
#: A failure is the first one where none of its kind came in this time before it.
FIRST_IN = timedelta(days=7)
#: Deaths that are read of the window.
ENOUGH = 1000
#: Kinds of job whose single failures a part of the health tells.
HAVE_A_PART = ("mail.email", "ops.backup")
#: The part that tells of the alerts.
OURS = "alerts"


@dataclass(frozen=True)
class Condition:
    """Something that is wrong: `key` stays the same at every look, the words may change."""

    key: str
    severity: Severity
    words: str
    remedy: str
    #: It has happened, and need not last for it to be told.
    happened: bool = False
    ends_silently: bool = False


def conditions(now, open_keys) -> list[Condition]:
    """All that is wrong at `now`. `open_keys`: the keys of the alerts that are open."""
    return [*states(now, open_keys), *failing(now, open_keys), *deaths(now), *missed(now)]


def states(now, open_keys):
    """The parts of the health that are not well. That a queue waits goes without saying where its consumer is dead."""
    unwell = {part.name: part for part in health.parts(now) if part.verdict != health.Verdict.OK and part.name != OURS}
    for name, part in unwell.items():
        if name.replace("queue:", "consumer:") in unwell.keys() - {name} and name not in open_keys:
            continue
        severity = Severity.CRITICAL if part.verdict == health.Verdict.RED else Severity.WARNING
        yield Condition(name, severity, part.words, part.remedy)


def failing(now, open_keys):
    """The kinds of job that failed for the first time since long, or often; an open alert goes on while any fails."""
    failed = Attempt.objects.not_done().filter(outcome=Outcome.FAILED).order_by()
    begin = now - WINDOW
    lately = dict(failed.filter(ended_at__gt=begin, ended_at__lte=now).values_list("kind").annotate(Count("pk")))
    if not lately:
        return
    before = failed.filter(ended_at__gt=begin - FIRST_IN, ended_at__lte=begin).values_list("kind", flat=True).distinct()
    no_news = {*before, *HAVE_A_PART}
    for kind, number in lately.items():
        key, often = f"failing:{kind}", number > settings.ALERT_FAILURES_PER_HOUR
        if not often and key not in open_keys and kind in no_news:
            continue
        words = _failed_often(number) if often else _failed_first(number)
        words %= {"kind": name_of(kind), "count": number, "days": FIRST_IN.days}
        severity = Severity.CRITICAL if often else Severity.WARNING
        yield Condition(key, severity, words, _("Look at what failed, mend the cause, and retry it."), happened=True)


def _failed_often(number):
    return ngettext(
        "Jobs of the kind “%(kind)s” have failed once within an hour.",
        "Jobs of the kind “%(kind)s” have failed %(count)d times within an hour.",
        number,
    )


def _failed_first(number):
    return ngettext(
        "Jobs of the kind “%(kind)s” have failed once within an hour, and not in the %(days)d days before.",
        "Jobs of the kind “%(kind)s” have failed %(count)d times within an hour, and not in the %(days)d days before.",
        number,
    )


def deaths(now):
    """The kinds of job whose workers died while they ran."""
    died = Attempt.objects.not_done().filter(outcome=Outcome.DIED, ended_at__gt=now - WINDOW, ended_at__lte=now)
    kinds = defaultdict(list)
    for kind, job_id in died.order_by("-ended_at").values_list("kind", "job_id")[:ENOUGH]:
        kinds[kind].append(job_id)
    for kind, jobs in kinds.items():
        killer = max(jobs, key=jobs.count)
        deadly = jobs.count(killer)
        if deadly > 1:
            words = ngettext(
                "The job %(job)s (%(kind)s) has killed its worker %(count)d time within an hour.",
                "The job %(job)s (%(kind)s) has killed its worker %(count)d times within an hour.",
                deadly,
            ) % {"job": f"{kind}:{killer}", "kind": name_of(kind), "count": deadly}
            remedy = _("Discard it, or look into the log for what it did: memory may be short.")
            yield Condition(f"died:{kind}", Severity.CRITICAL, words, remedy, happened=True, ends_silently=True)
            continue
        words = ngettext(
            "A worker died within an hour while running the job %(job)s (%(kind)s).",
            "%(count)d workers died within an hour while running the job %(job)s (%(kind)s) and others.",
            len(jobs),
        ) % {"job": f"{kind}:{jobs[0]}", "kind": name_of(kind), "count": len(jobs)}
        remedy = _("They run again by themselves. Where it goes on: is memory short, does something kill processes?")
        yield Condition(f"died:{kind}", Severity.WARNING, words, remedy, happened=True, ends_silently=True)


def missed(now):
    """That nothing ran for a while, as the schedules tell that make up for it; of the others a part tells."""
    lately = ScheduledRun.objects.missed().filter(created_at__gt=now - WINDOW, created_at__lte=now)
    runs = list(lately.exclude(status=Status.CANCELLED).select_related("schedule"))
    if not runs:
        return
    names = sorted({run.schedule.name for run in runs})
    since = min(run.missed_from for run in runs)
    words = ngettext(
        "Nothing ran when %(schedule)s should have run, first on %(day)s at %(time)s UTC. It is made up for.",
        "Nothing ran when %(schedule)s and %(more)d more should have run, first on %(day)s at %(time)s UTC. "
        "It is made up for.",
        len(names),
    ) % {
        "schedule": names[0],
        "more": len(names) - 1,
        "day": date_format(since, _("j M Y")),
        "time": date_format(since, _("H:i")),
    }
    remedy = _("Where nobody had stopped Roost: look into the log for why it did not run.")
    yield Condition("missed", Severity.WARNING, words, remedy, happened=True, ends_silently=True)


def name_of(kind: str) -> str:
    """What a kind of job is called; its label where this release has no such kind."""
    try:
        return str(apps.get_model(kind)._meta.verbose_name)
    except LookupError:
        return kind
