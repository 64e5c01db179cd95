"""Exports on a real consumer: killed at any moment, cancelled, beside a busy writer; and the shell's on a full disk."""

import hashlib
import json
import os
import pty
import resource
import signal
import subprocess
import time
from threading import Thread

import pytest
from django.db import connection

from exports.columns import COLUMNS
from exports.files import FULL
from exports.models import ExportJob
from jobs.models import Status
from orgs.models import Task
from tests.cast import make_cast, make_task
from tests.consumer import SOON, history, is_done, kill, pid_of, until

pytestmark = pytest.mark.slow

#: Enough for an export to be caught at work.
ROWS = 40_000
#: The slowest that there is.
SLOW = {"export_format": "xlsx", "columns": list(COLUMNS)}


@pytest.fixture(scope="module")
def cast(installation):
    people = make_cast()
    Task.objects.bulk_create(
        [Task(organization=people.acme, title=f"Task <{number}>", created_by=people.bob) for number in range(ROWS)],
        batch_size=5000,
    )
    return people


@pytest.fixture(autouse=True)
def media(installation, settings):
    """The folder in which the processes of the installation write."""
    settings.MEDIA_ROOT = installation.folder / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def consumer(installation, cast):
    with installation.consumer("exports", workers=1) as process:
        yield process


def start(cast, **wanted):
    return ExportJob.start(cast.acme, cast.carol, **wanted)


def until_it_writes(job, size=1, attempt=1):
    """Wait until the attempt's file has grown to `size` bytes; it ends at some 330,000."""
    draft = job.folder / f"{job.pk}-{attempt}.{job.export_format}.tmp"
    until(lambda: draft.exists() and draft.stat().st_size >= size)
    job.refresh_from_db()


def left_by(job):
    return sorted(path.name for path in job.folder.glob(f"{job.pk}-*"))


def check(job):
    """The file is what the row says, and all there is."""
    data = job.path.read_bytes()
    assert (job.progress, job.total, job.size) == (ROWS, ROWS, len(data))
    assert job.sha256 == hashlib.sha256(data).hexdigest()
    assert left_by(job) == [job.file, f"{job.file}.json"]


def test_it_works(cast, consumer):
    job = start(cast, export_format="jsonl", columns=["id"])
    until(lambda: is_done(job))
    check(job)
    ids = [json.loads(line)["id"] for line in job.path.read_text().splitlines()]
    assert ids == list(cast.acme.tasks.order_by("-id").values_list("pk", flat=True))


def test_its_worker_is_killed_at_several_moments(cast, consumer):
    job = start(cast, **SLOW)
    for attempt, size in enumerate([1, 100_000, 200_000], 1):
        until_it_writes(job, size, attempt)
        kill(pid_of(job))
    until(lambda: is_done(job))
    check(job)
    assert history(job) == ["died", "died", "died", "done"]


def test_the_whole_consumer_is_killed(installation, cast):
    with installation.consumer("exports", workers=1) as process:
        job = start(cast, **SLOW)
        until_it_writes(job, 100_000)
        kill(process.pid)
        process.wait()
    with installation.consumer("exports", workers=1):
        until(lambda: is_done(job), 5)
    check(job)
    assert history(job) == ["died", "done"]


def test_one_that_is_cancelled_stops_within_two_seconds_and_leaves_nothing(cast, consumer):
    job = start(cast, **SLOW)
    until_it_writes(job)
    assert job.cancel()
    until(lambda: not left_by(job), 2)
    other = start(cast, columns=["id"])
    until(lambda: is_done(other))  # the worker is free
    job.refresh_from_db()
    assert (job.status, left_by(job)) == (Status.CANCELLED, [])


def test_a_busy_writer_disturbs_nothing(cast, consumer):
    """Some 500 writes a second from here, while the consumer exports."""
    job = start(cast, **SLOW)
    until_it_writes(job)
    writes = 0
    begin = time.monotonic()
    while not is_done(job):
        make_task(cast.elsewhere)
        writes += 1
        time.sleep(max(begin + writes / 500 - time.monotonic(), 0))
    check(job)
    assert history(job) == ["done"]
    assert writes > 20


def limited(installation, output, size):
    """Export from the shell where no file can grow beyond `size` bytes."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the write-ahead log is a file too
    process = installation.start(
        *("export_tasks", "acme", "--output", str(output)),
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    return process.communicate(timeout=SOON)[1], process.returncode


def test_a_full_disk_fails_in_words_and_works_again_afterwards(installation, cast, media, tmp_path):
    before = sorted(media.rglob("*-*"))
    output = tmp_path / "tasks.csv"
    words, code = limited(installation, output, 1_000_000)
    assert (words.strip(), code) == (f"CommandError: {FULL}", 1)
    job = ExportJob.objects.latest("pk")
    assert (job.status, job.error) == (Status.FAILED, FULL)
    assert sorted(media.rglob("*-*")) == before
    assert not output.exists()

    words, code = limited(installation, output, 100_000_000)
    assert code == 0, words
    assert output.read_bytes() == ExportJob.objects.latest("pk").path.read_bytes()


def test_the_shell_shows_a_bar_and_can_be_interrupted(installation, cast, tmp_path):
    for _ in range(10):
        code = interrupted(installation, tmp_path / "x")
        job = ExportJob.objects.latest("pk")
        if job.status != Status.DONE:
            break
        (tmp_path / "x").unlink(missing_ok=True)  # done before the signal came: once more
    assert (code, job.status, left_by(job), os.listdir(tmp_path)) == (130, Status.CANCELLED, [], [])


def interrupted(installation, output):
    """Export from the shell until the bar shows, then press Ctrl-C. Returns the exit code."""
    screen, terminal = pty.openpty()
    shown = []
    columns = ",".join(COLUMNS)
    process = installation.start(
        *("export_tasks", "acme", "--output", str(output), "--format", "xlsx", "--columns", columns), stderr=terminal
    )
    os.close(terminal)
    reader = Thread(target=read, args=(screen, shown))
    reader.start()
    until(lambda: b"of 40,000 rows" in b"".join(shown))
    process.send_signal(signal.SIGINT)
    code = process.wait(SOON)
    reader.join()
    return code


def read(screen, shown):
    try:
        while data := os.read(screen, 1024):
            shown.append(data)
    except OSError:  # the other side is closed
        os.close(screen)
