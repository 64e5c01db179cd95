"""What the rows of the jobs and their attempts tell."""

from collections import defaultdict
from datetime import timedelta

from django.db.models import Case, Count, F, FloatField, Func, IntegerField, Min, Sum, Value, When
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily

from config.queues import QUEUES
from exports.models import ExportJob
from jobs.models import Attempt, Outcome, Status
from jobs.sweep import kinds
from mail.models import Email
from orgs.listing import Unindexed

#: How far back what is told of lately goes.
LATELY = timedelta(hours=1)
#: Upper limits of the durations that are counted together, in seconds.
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800)


def statuses(now):
    jobs = GaugeMetricFamily("roost_jobs", "Jobs by kind and status.", labels=["kind", "status"])
    emails = GaugeMetricFamily("roost_emails", "E-mails of the outbox by status.", labels=["status"])
    for kind in kinds():
        for status, count in by_status(kind).items():
            jobs.add_metric([kind._meta.label_lower, status], count)
            if kind is Email:
                emails.add_metric([status], count)
    held = GaugeMetricFamily("roost_emails_held", "1 where e-mails wait because EMAIL_URL is not set.")
    held.add_metric([], Email.is_held())
    return [jobs, emails, held]


def by_status(kind) -> dict[str, int]:
    """How many jobs of the `kind` there are in each status, quickly also where a million are done: those are what is
    left of all, which SQLite counts in its smallest index, once the others are counted, which have one of their own."""
    others = dict(kind.objects.not_done().order_by().values_list("status").annotate(Count("pk")))
    done = max(kind.objects.count() - sum(others.values()), 0)  # not below: one may have been deleted in between
    choices = kind._meta.get_field("status").choices
    return {status: done if status == Status.DONE else others.get(status, 0) for status, _ in choices}


def due(now):
    waits = GaugeMetricFamily(
        "roost_queue_oldest_due_age_seconds",
        "How long the oldest job has been due that nobody has taken yet; 0 without one. "
        "Jobs that wait for a setting do not count.",
        labels=["queue"],
    )
    for queue in QUEUES:
        oldest = [
            kind.objects.due(now).aggregate(at=Min("run_after"))["at"] for kind in kinds(queue) if not kind.is_held()
        ]
        age = max((now - at for at in oldest if at), default=timedelta(0))
        waits.add_metric([queue], age.total_seconds())
    return [waits]


class Seconds(Func):
    """From its first moment to its second, in the database: SQLite would call Python for Django's own difference."""

    output_field = FloatField()
    template = "(julianday(%(expressions)s)) * 86400.0"
    arg_joiner = ") - julianday("

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(
            compiler, connection, template="EXTRACT(EPOCH FROM %(expressions)s)", arg_joiner=" - ", **context
        )


def attempts(now):
    """One look at the attempts of the last hour, for all that is told of them."""
    seconds = Seconds(F("ended_at"), F("started_at"))
    bucket = Case(
        *(When(seconds__lte=limit, then=Value(number)) for number, limit in enumerate(BUCKETS)),
        default=Value(len(BUCKETS)),
        output_field=IntegerField(),
    )
    lately = Attempt.objects.filter(ended_at__gt=now - LATELY).order_by().annotate(seconds=seconds, bucket=bucket)
    rows = lately.values_list("kind", "outcome", "bucket").annotate(Count("pk"), Sum("seconds"))
    outcomes, histograms, sums = defaultdict(int), defaultdict(lambda: [0] * (len(BUCKETS) + 1)), defaultdict(float)
    for kind, outcome, number, count, total in rows:
        outcomes[kind, outcome] += count
        histograms[kind][number] += count
        sums[kind] += total
    known = sorted({*histograms, *(kind._meta.label_lower for kind in kinds())})
    return [_outcomes(known, outcomes), _deaths(outcomes), _durations(known, histograms, sums)]


def _outcomes(known, outcomes):
    family = GaugeMetricFamily(
        "roost_job_attempts_last_hour",
        "Attempts at jobs that ended in the last hour, by kind and outcome.",
        labels=["kind", "outcome"],
    )
    for kind in known:
        for outcome in Outcome.values:
            family.add_metric([kind, outcome], outcomes[kind, outcome])
    return family


def _deaths(outcomes):
    family = GaugeMetricFamily(
        "roost_worker_deaths_last_hour", "Workers that died, or fell silent, over a job in the last hour."
    )
    family.add_metric([], sum(count for (_, outcome), count in outcomes.items() if outcome == Outcome.DIED))
    return family


def _durations(known, histograms, sums):
    family = GaugeHistogramMetricFamily(
        "roost_job_attempts_last_hour_duration_seconds",
        "How long the attempts took that ended in the last hour, by kind: already of the last hour, so without rate().",
        labels=["kind"],
    )
    for kind in known:
        below, buckets = 0, []
        for limit, count in zip((*map(str, map(float, BUCKETS)), "+Inf"), histograms[kind], strict=True):
            below += count
            buckets.append((limit, below))
        family.add_metric([kind], buckets, sums[kind])
    return family


def exports(now):
    """The finished exports of the last hour."""
    # Found by their attempts, which have an index of when they ended, if none of their kinds is in the way of it.
    ended = Attempt.objects.alias(its_kind=Unindexed("kind")).filter(
        its_kind=ExportJob._meta.label_lower, outcome=Outcome.DONE, ended_at__gt=now - LATELY
    )
    done = ExportJob.objects.filter(pk__in=ended.values("job_id"), status=Status.DONE)
    told = done.aggregate(rows=Sum("progress"), bytes=Sum("size"))
    rows = GaugeMetricFamily("roost_exports_last_hour_rows", "Rows of the exports that were done in the last hour.")
    size = GaugeMetricFamily("roost_exports_last_hour_bytes", "Size of the exports that were done in the last hour.")
    rows.add_metric([], told["rows"] or 0)
    size.add_metric([], told["bytes"] or 0)
    return [rows, size]
