"""What the page of a job tells: its columns in words, its attempts, and what belongs to the same cause."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.db import models
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from exports.models import in_words
from jobs import census
from jobs.models import Attempt, Job, Outcome, Schedule
from jobs.models.status import UNFINISHED, Status
from jobs.sweep import kinds
from ops.joblist.listing import rows, with_relations
from ops.joblist.paging import Place
from orgs.models import AuditEntry, Organization
from orgs.models.audit import DETAILS

#: Jobs of one cause that the page names, of each kind.
RELATED = 20
#: What people did to the job that the page names.
NOTED = 20

#: The names of values that operators' entries in the audit log have, beside `orgs.models.audit.DETAILS`.
NAMES = {
    "after": pgettext_lazy("audit log", "after"),
    "as_of": pgettext_lazy("audit log", "as of"),
    "before": pgettext_lazy("audit log", "before"),
    "count": pgettext_lazy("audit log", "count"),
    "filter": pgettext_lazy("audit log", "filter"),
    "job": pgettext_lazy("audit log", "job"),
    "range": pgettext_lazy("audit log", "range"),
    "run": pgettext_lazy("audit log", "run"),
    "ticked": pgettext_lazy("audit log", "ticked"),
    "title": pgettext_lazy("audit log", "title"),
    "until": pgettext_lazy("audit log", "until"),
    "was": pgettext_lazy("audit log", "was"),
    "ways": pgettext_lazy("audit log", "ways"),
}

#: Letters of a value that half of a phone's width has room for.
SHORT = 18
#: What stands for a value that is none.
EMPTY = "–"

OWN_COLUMNS = {field.name for field in Job._meta.fields} | {"id"}


@dataclass(frozen=True)
class Fact:
    """A column in words: `value` is text, a list of lines, or a moment; `link` leads to what it names."""

    label: str
    value: object
    link: str = ""

    @property
    def is_moment(self):
        return isinstance(self.value, datetime)

    @property
    def is_lines(self):
        return isinstance(self.value, list)

    @property
    def is_long(self):
        return isinstance(self.value, str) and len(self.value) > SHORT


@dataclass(frozen=True)
class Try:
    """An attempt at the job, the one that runs included."""

    number: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    words: str
    error: str = ""
    traceback: str = ""

    @property
    def tone(self):
        """The `data-tone` of its badge."""
        good = {"done": "success", "running": "info", Outcome.RETRIED: "warning", Outcome.INTERRUPTED: "warning"}
        return good.get(self.outcome, "" if self.outcome == Outcome.CANCELLED else "danger")

    @property
    def took(self):
        """How long it took, for people; "" while it runs."""
        return in_words((self.ended_at - self.started_at).total_seconds()) if self.ended_at else ""


def get_job(kind, job_id):
    """The job with what its page shows, or None."""
    return with_relations(kind).filter(pk=job_id).first()


def facts(job) -> list[Fact]:
    """What the job was told to do: the columns that its kind adds, but for empty and private ones."""
    shown = [
        field for field in job._meta.concrete_fields if field.name not in OWN_COLUMNS and field.name not in job.private
    ]
    told = [Fact(capfirst(field.verbose_name), *_value_and_link(job, field)) for field in shown]
    return [fact for fact in told if fact.value != EMPTY]


def attempts(job) -> list[Try]:
    """All attempts, the newest first."""
    tries = [
        Try(a.number, a.worker, a.started_at, a.ended_at, a.outcome, a.get_outcome_display(), a.error, a.traceback)
        for a in Attempt.objects.filter(kind=job._meta.label_lower, job_id=job.pk).order_by("-number")
    ]
    if job.status == Status.RUNNING:
        tries.insert(0, Try(job.attempt, job.worker, job.started_at, None, "running", _("Running")))
    return tries


def related(job) -> list[Job]:
    """Further jobs that the same request caused, the first one first."""
    if not job.request_id:
        return []
    found = census.caused_by(kinds(), job.request_id, RELATED + 1)
    places = sorted(Place(created_at, kind._meta.label_lower, pk) for kind, pk, created_at in found)
    return [other for other in rows(places) if other != job]


def noted(job) -> list[AuditEntry]:
    """What people did to the job by itself, the newest first."""
    return list(AuditEntry.objects.filter(target=job.label).order_by("-pk")[:NOTED])


def actions(job) -> list[str]:
    """What a person may do to it in its state: verbs of `Job`."""
    allowed = {
        "retry": job.status in job.restartable,
        "discard": job.status in job.trouble,
        "cancel": job.status in UNFINISHED,
    }
    return [verb for verb, is_allowed in allowed.items() if is_allowed]


def owner(job, path):
    """The Organization or the person at the end of a job's `organization_path` or `person_path`; None for nobody."""
    for name in filter(None, path.split("__")):
        job = getattr(job, name, None)
    return None if isinstance(job, Job) else job


# ---- columns in words


def _value_and_link(job, field):
    if field.is_relation:
        return _related_object(getattr(job, field.name))
    value = getattr(job, field.attname)
    if field.choices:
        return getattr(job, f"get_{field.name}_display")() or EMPTY, ""
    if isinstance(field, models.JSONField):
        return as_lines(value) or EMPTY, ""
    return _plain(value), ""


def _related_object(thing):
    if thing is None:
        return EMPTY, ""
    link = ""
    if isinstance(thing, User):
        return f"{thing.get_full_name()} <{thing.email}>", _list_of(person=thing.email)
    if isinstance(thing, Organization):
        link = _list_of(organization=thing.slug)
    elif isinstance(thing, Schedule):
        link = reverse("edit_schedule", args=[thing.pk])
    return str(thing), link


def _list_of(**filters):
    return f"{reverse('job_list')}?{urlencode(filters)}"


def name_in_words(name: str) -> str:
    """How a value of JSON is called on a page: a name that has no words is shown as it is."""
    return str(NAMES.get(name) or DETAILS.get(name) or name.replace("_", " "))


def as_lines(value):
    """A value of JSON as lines of “name: value”."""
    if isinstance(value, dict):
        return [f"{name_in_words(name)}: {_short(inner)}" for name, inner in value.items()]
    return _short(value)


def _short(value):
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(inner)}" for name, inner in value.items()) or _("none")
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(value):
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return f"{value:%-d %b %Y}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value) if value not in (None, "") else EMPTY
