"""How fast a backlog of jobs that do nothing is worked off.

Ours are durable: each has its row, its claim, its attempt and its end. The rival's are plain messages.
"""

import sqlite3
import statistics
import sys
import time
from contextlib import closing
from datetime import datetime

import redis

from bench.lab import RUNS, Result, times, wait_for

COUNT = 5000
#: The kind of job for each of our queues, and what its workers are.
KINDS = {"emails": ("EmailNothing", "threads"), "exports": ("ExportNothing", "processes")}
REDIS = "redis://127.0.0.1:6379"


def measure(installations, options):
    installation = installations.with_tasks()
    database = free_redis_database()
    ours, rivals = {queue: [] for queue in KINDS}, []
    for _ in range(RUNS):
        rivals.append(drain_huey(installation) if database is None else drain_celery(installation, database))
        for queue in KINDS:
            ours[queue].append(drain(installation, queue))
    rival = statistics.median(rivals)
    for queue, (_, workers) in KINDS.items():
        rate = statistics.median(ours[queue])
        yield Result(
            f"no-op jobs drained, queue {queue} ({workers})",
            f"{rate:,.0f} durable/s",
            f"{'SqliteHuey' if database is None else 'Celery + Redis'}: {rival:,.0f} plain/s",
            times(rate / rival),
            "≥ 1,500/s",
            rate >= 1500,
        )


def drain(installation, queue) -> float:
    """Jobs per second, from the first claim to the last end, as the rows tell."""
    first = installation.measure(__name__, "fill", queue)
    table = f"loads_{KINDS[queue][0].lower()}"
    with closing(sqlite3.connect(f"file:{installation.database}?mode=ro", uri=True)) as rows:
        with installation.consumer(queue):
            unfinished = f"SELECT 1 FROM {table} WHERE status IN ('pending', 'running') LIMIT 1"
            wait_for(lambda: not rows.execute(unfinished).fetchone())
        query = f"SELECT min(started_at), max(finished_at), sum(status = 'done') FROM {table} WHERE id >= {first}"
        start, end, done = rows.execute(query).fetchone()
    if done != COUNT:
        raise RuntimeError(f"{done} of {COUNT} jobs are done.")
    return COUNT / (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def drain_celery(installation, database) -> float:
    broker = f"{REDIS}/{database}"
    installation.environment["BROKER"] = broker
    try:
        installation.measure(__name__, "fill", "celery")
        return drain_plain(installation, "-m", "celery", "-A", "bench.loads.celery_rival", "worker")
    finally:
        redis.Redis.from_url(broker).flushdb()


def drain_huey(installation) -> float:
    installation.measure(__name__, "fill", "huey")
    return drain_plain(installation, "-m", "huey.bin.huey_consumer", "bench.loads.huey_rival.huey", "--workers=4")


def drain_plain(installation, *consumer, count=COUNT) -> float:
    """Messages per second, from the first to the last of `count`."""
    done = installation.folder / "done"
    done.write_bytes(b"")
    with installation.running(*consumer):
        wait_for(lambda: done.stat().st_size)
        start, first = time.perf_counter(), done.stat().st_size
        wait_for(lambda: done.stat().st_size >= count)
        return (count - first) / (time.perf_counter() - start)


def free_redis_database() -> int | None:
    """The number of an empty database of the Redis on this machine, or None without one."""
    for number in range(15, 0, -1):
        try:
            if redis.Redis.from_url(f"{REDIS}/{number}").dbsize() == 0:
                return number
        except redis.RedisError:
            break
    return None


def main(_, what):
    """Fill the queue; tells the first job's id."""
    if what in KINDS:
        import django

        django.setup()
        from django.db import transaction

        from bench.loads import models

        kind = getattr(models, KINDS[what][0])
        with transaction.atomic():
            jobs = kind.objects.bulk_create((kind() for _ in range(COUNT)), batch_size=500)
        print(jobs[0].pk)
    else:
        if what == "celery":
            from bench.loads.celery_rival import nothing
        else:
            from bench.loads.huey_rival import nothing
        for _ in range(COUNT):
            nothing.delay() if what == "celery" else nothing()
        print(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
