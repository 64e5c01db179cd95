import logging
import time

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from ops.metrics import installation, jobs

logger = logging.getLogger("ops")

#: What /metrics tells, part by part: each takes an aware datetime, now, and yields metric families.
PARTS = {
    "jobs": jobs.statuses,
    "due": jobs.due,
    "attempts": jobs.attempts,
    "exports": jobs.exports,
    "queues": installation.queues,
    "consumers": installation.consumers,
    "schedules": installation.schedules,
    "database": installation.database,
    "disk": installation.disk,
    "backups": installation.backups,
    "build": installation.build,
}


class Collector:
    """All parts, as Prometheus' client library wants them.

    A part that breaks is left out, logged and told of: the others are worth most just then.
    """

    def collect(self):
        broken = GaugeMetricFamily(
            "roost_collector_error", "1 where this part of the metrics could not be found out.", labels=["part"]
        )
        took = GaugeMetricFamily(
            "roost_collector_duration_seconds", "How long it took to find out this part.", labels=["part"]
        )
        now = timezone.now()
        for name, part in PARTS.items():
            start = time.perf_counter()
            try:
                families = list(part(now))
            except Exception:  # whatever it is, it must not hide the other parts
                logger.exception("the part %s of /metrics cannot be found out", name)
                families = None
            took.add_metric([name], time.perf_counter() - start)
            broken.add_metric([name], families is None)
            yield from families or ()
        yield broken
        yield took
