"""What a person does to many jobs at once, in the list of jobs or in the outbox: to those that they ticked, or to all
that match a filter.

    shown first: what it would do ──► few: done in the request
                                  └─► many: saved, and so a job itself, which goes through them batch by batch

An UPDATE decides whether it may be done to a job, and what it has been done to matches no more: so one that was killed
goes on where it stopped. What came after the person looked (`as_of`) is left alone.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils.text import get_text_list
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from jobs.errors import JobFailed
from jobs.models import Job, Status
from jobs.models.status import UNFINISHED
from ops.filters import complaints
from ops.joblist.filters import JobFilter, kind_named
from ops.outbox.filter import OutboxFilter
from orgs.models import AuditEntry

#: Jobs that one transaction changes: to cancel one takes 1.5 ms, and on SQLite all others who write wait for as long.
BATCH = 50


@dataclass(frozen=True)
class Preview:
    """What an action would do: how many jobs, by kind and by status, and when the oldest of them was made."""

    counts: dict
    statuses: dict
    oldest: datetime | None

    @property
    def total(self):
        return sum(self.counts.values())


class BulkAction(Job):
    class Action(models.TextChoices):
        """The verbs of `Job` that people use."""

        RETRY = "retry", _("Retry")
        DISCARD = "discard", _("Discard")
        CANCEL = "cancel", pgettext_lazy("a job", "Cancel")
        HURRY = "hurry", _("Try now")

    class Scope(models.TextChoices):
        """The list whose filter it takes."""

        JOBS = "jobs", _("All jobs")
        OUTBOX = "outbox", _("The outbox")

    FILTERS = {Scope.JOBS: JobFilter, Scope.OUTBOX: OutboxFilter}

    queue = "emails"
    doorbell = "ops.tasks.run_bulk_action"
    time_limit = None
    person_path = "asked_by"

    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    scope = models.CharField(_("scope"), max_length=10, choices=Scope.choices, default=Scope.JOBS)
    #: The filter, as that list's takes it.
    filters = models.JSONField(_("filters"), default=dict)
    #: The labels of the jobs that were ticked ("mail.email:12"); none for all that match.
    ticked = models.JSONField(_("ticked"), default=list)
    #: When the person looked: what was made, or ended, after that is left alone.
    as_of = models.DateTimeField(_("as of"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("asked by"),
    )
    #: How many there were of each kind, by label, when the person looked.
    counts = models.JSONField(_("counts"), default=dict)
    acted = models.PositiveIntegerField(_("acted"), default=0, editable=False)

    class Meta(Job.Meta):
        verbose_name, verbose_name_plural = _("bulk action"), _("bulk actions")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["asked_by", "created_at", "id"], name="bulkaction_of_person"),
        ]

    #: What the audit log calls it: data, by which people filter (`ops.audit.DEEDS` has the words).
    PAST = {Action.RETRY: "retried", Action.DISCARD: "discarded", Action.CANCEL: "cancelled", Action.HURRY: "hurried"}
    TITLES = {
        Action.RETRY: _("Retry %(jobs)s"),
        Action.DISCARD: _("Discard %(jobs)s"),
        Action.CANCEL: _("Cancel %(jobs)s"),
        Action.HURRY: _("Try %(jobs)s now"),
    }
    PRESENT = {
        Action.DISCARD: _("discards %(jobs)s"),
        Action.CANCEL: _("cancels %(jobs)s"),
        Action.HURRY: _("tries %(jobs)s now"),
    }

    @property
    def title(self):
        return self.TITLES[self.action] % {"jobs": in_words(self.counts)}

    @property
    def does(self):
        """What it does: “retries 12 exports, sends 40 e-mails”."""
        parts = {}
        for label, count in self.counts.items():
            kind = kind_named(label)
            verb = self.PRESENT.get(self.action) or (kind.retried_as if kind else Job.retried_as)
            parts.setdefault(verb, []).append(counted(label, count))
        return ", ".join(verb % {"jobs": get_text_list(names, gettext("and"))} for verb, names in parts.items())

    # ---- which jobs

    def preview(self) -> Preview:
        """What it would do now. Raises JobFailed where the filter does not fit any more."""
        counts, statuses, oldest = Counter(), Counter(), None
        for status, jobs in self._sets():
            found = jobs.aggregate(count=models.Count("pk"), oldest=models.Min("created_at"))
            if found["count"]:
                counts[jobs.model._meta.label_lower] += found["count"]
                statuses[status] += found["count"]
                oldest = min(filter(None, [oldest, found["oldest"]]))
        return Preview(dict(counts), dict(statuses), oldest)

    def _sets(self):
        """The jobs to which it is to be done: pairs of a status and a queryset, for each kind; so each is read from one
        index."""
        wanted = self.FILTERS[self.scope](self.filters)
        if not wanted.is_valid():
            raise JobFailed(gettext("The filter does not fit any more: %(errors)s") % {"errors": complaints(wanted)})
        for kind in wanted.kinds():
            keys = self._ticked_of(kind)
            for status in self._statuses(kind):
                if wanted.cleaned_data["status"] in ("", status):
                    jobs = wanted.jobs(kind, status=status).filter(created_at__lte=self.as_of)
                    if self.action == self.Action.HURRY:
                        jobs = jobs.filter(run_after__gt=self.as_of)
                    elif self.action != self.Action.CANCEL:
                        jobs = jobs.filter(finished_at__lte=self.as_of)
                    yield status, jobs if keys is None else jobs.filter(pk__in=keys)

    def _statuses(self, kind):
        """In which states of a kind it may be done. What was cancelled, or discarded, is retried only where a person
        says so: by ticking it, or by the filter."""
        if self.action == self.Action.CANCEL:
            return UNFINISHED
        if self.action == self.Action.HURRY:
            return [Status.PENDING]
        if self.action == self.Action.DISCARD:
            return kind.trouble
        is_named = self.ticked or self.filters.get("status") == Status.CANCELLED
        return kind.restartable if is_named else kind.trouble

    def _ticked_of(self, kind):
        """The ids of the jobs of a kind that were ticked; None where all are meant."""
        prefix = f"{kind._meta.label_lower}:"
        return [int(label.removeprefix(prefix)) for label in self.ticked if label.startswith(prefix)] or (
            [] if self.ticked else None
        )

    # ---- doing it

    def batches(self):
        """Yield the jobs in batches, each a queryset with the ids of some of its jobs. A search may take seconds to
        find them: not while others wait to write."""
        for __, jobs in self._sets():
            for ids in jobs.in_batches(BATCH):
                yield jobs, ids

    def act(self, batches, after_batch=lambda acted: None) -> int:
        """Do it to the `batches`. Returns to how many jobs; tells `after_batch` that number after each batch."""
        acted = 0
        for jobs, ids in batches:
            with transaction.atomic():
                done = self._act_on(jobs.filter(pk__in=ids))
                if self.pk:
                    type(self).objects.filter(pk=self.pk).update(acted=F("acted") + done)
            acted += done
            after_batch(acted)
        return acted

    def _act_on(self, jobs) -> int:
        if self.action == self.Action.RETRY:
            return jobs.retry_all()
        if self.action == self.Action.DISCARD:
            return jobs.discard_all()
        if self.action == self.Action.HURRY:
            return jobs.hurry_all(self.as_of)
        return sum(job.cancel() for job in jobs.defer(*jobs.model.private))

    def note(self, actor):
        """Write into the audit log that `actor` asked for it. Call it in the transaction that starts it."""
        details = {"list": self.scope, "filter": self.filters, "as_of": self.as_of.isoformat()}
        if self.ticked:
            details = {"ticked": self.ticked}
        if self.pk:
            details["job"] = self.label
        return AuditEntry.note(actor, self.PAST[self.action], in_words(self.counts), **details)

    def perform(self):
        before, total = self.acted, sum(self.counts.values())
        self.heartbeat(progress=before, total=total)
        self.act(self._permitted_batches(), after_batch=lambda acted: self.heartbeat(progress=before + acted))

    def _permitted_batches(self):
        for batch in self.batches():
            self._require_operator()
            yield batch

    def _require_operator(self):
        """Raise JobFailed unless whoever asked for it may still ask: it may wait, and go on, for long."""
        person = User.objects.filter(pk=self.asked_by_id).first()
        if person is None:
            raise JobFailed(gettext("It went no further: the account of whoever asked for it has been deleted."))
        if not (person.is_active and person.is_staff):
            raise JobFailed(
                gettext("It went no further: %(person)s no longer operates this installation.")
                % {"person": person.email}
            )


def counted(label, count):
    """“12 exports”."""
    kind = kind_named(label)
    if kind is None:
        return f"{count:,} {label}"
    name = kind._meta.verbose_name if count == 1 else kind._meta.verbose_name_plural
    return gettext("%(number)s %(jobs)s") % {"number": f"{count:,}", "jobs": name}


def in_words(counts):
    """“12 exports, 40 e-mails”."""
    return ", ".join(counted(label, count) for label, count in counts.items())
