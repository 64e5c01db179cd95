"""What queues, consumers, schedules, database and disk tell."""

import platform
import shutil
from datetime import timedelta
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.db.models import Min
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

from config.queues import QUEUES
from config.release import RELEASE
from config.sqlite import sqlite3
from jobs.models import ConsumerProcess, QueuePause, Schedule
from ops.backups import catalog


def queues(now):
    messages = GaugeMetricFamily("roost_queue_messages", "Messages that wait in the queue.", labels=["queue"])
    later = GaugeMetricFamily(
        "roost_queue_scheduled_messages", "Messages that enter the queue at a later time.", labels=["queue"]
    )
    paused = GaugeMetricFamily("roost_queue_paused", "1 where somebody has paused the queue.", labels=["queue"])
    pauses = set(QueuePause.objects.values_list("queue", flat=True))
    for name, queue in QUEUES.items():
        messages.add_metric([name], queue.storage.queue_size())
        later.add_metric([name], queue.storage.schedule_size())
        paused.add_metric([name], name in pauses)
    return [messages, later, paused]


def consumers(now):
    alive = GaugeMetricFamily("roost_consumers", "Consumers that have lately given a sign of life.", labels=["queue"])
    seen = GaugeMetricFamily(
        "roost_consumer_last_sign_timestamp_seconds",
        "When the consumer last gave a sign of life, in seconds since 1970.",
        labels=["queue", "consumer", "release"],
    )
    living = list(ConsumerProcess.objects.alive(now).values_list("queue", flat=True))
    for queue in QUEUES:
        alive.add_metric([queue], living.count(queue))
    for process in ConsumerProcess.objects.defer("workers"):
        seen.add_metric([process.queue, process.identity, process.release], process.seen_at.timestamp())
    return [alive, seen]


def schedules(now):
    family = GaugeMetricFamily(
        "roost_schedule_lag_seconds", "How long the oldest slot of a schedule has been due and not run; 0 without one."
    )
    slot = Schedule.objects.filter(paused=False).aggregate(at=Min("next_slot"))["at"]
    family.add_metric([], max(now - slot, timedelta(0)).total_seconds() if slot else 0)
    return [family]


def database(now):
    size = GaugeMetricFamily("roost_database_size_bytes", "Size of the database, without its write-ahead log.")
    families, statement = [size], "SELECT pg_database_size(current_database())"
    if connection.vendor == "sqlite":
        # What the file will have once the log is written into it.
        statement = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        log = Path(f"{connection.settings_dict['NAME']}-wal")
        wal = GaugeMetricFamily("roost_database_wal_size_bytes", "Size of SQLite's write-ahead log.")
        wal.add_metric([], log.stat().st_size if log.exists() else 0)
        families.append(wal)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        size.add_metric([], cursor.fetchone()[0])
    return families


def disk(now):
    """As far as those who are not root may fill it."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    size = GaugeMetricFamily("roost_disk_size_bytes", "Size of the disk that holds the data folder.")
    free = GaugeMetricFamily("roost_disk_free_bytes", "Free space on the disk that holds the data folder.")
    size.add_metric([], usage.total)
    free.add_metric([], usage.free)
    return [size, free]


def backups(now):
    """Nothing of a server's database, which is backed up by its own means."""
    if connection.vendor != "sqlite":
        return []
    known = catalog.backups()
    made = GaugeMetricFamily(
        "roost_backup_last_made_timestamp_seconds", "When the last backup was made, in seconds since 1970; 0 for none."
    )
    proven = GaugeMetricFamily(
        "roost_backup_last_proven_timestamp_seconds",
        "When the last backup was made that has been proven, in seconds since 1970; 0 for none.",
    )
    stored = GaugeMetricFamily("roost_backups_size_bytes", "Size of all backups.")
    made.add_metric([], max((backup.made_at.timestamp() for backup in known), default=0))
    proven.add_metric([], max((backup.made_at.timestamp() for backup in known if backup.proven_at), default=0))
    stored.add_metric([], sum(backup.size for backup in known))
    return [made, proven, stored]


def build(now):
    """Of the process that answers."""
    info = InfoMetricFamily("roost_build", "What runs the web: 1, with the versions as labels.")
    versions = {"release": RELEASE, "python": platform.python_version(), "django": django.__version__}
    info.add_metric([], {**versions, "sqlite": sqlite3.sqlite_version})
    return [info]
