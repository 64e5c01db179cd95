"""Many jobs, several consumers, busy neighbours: each job runs exactly once."""

import subprocess
import sys
from collections import Counter

import pytest

from config.queues import exports
from jobs.models import Attempt, Status
from tests.consumer import ROOT, until
from tests.kinds.models import Errand, Note

pytestmark = pytest.mark.slow

#: Writes 500 rows a second, each in a transaction of its own, until its standard input ends; then tells how many.
WRITER = """
import sys, threading, time
from config.sqlite import sqlite3
database = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
database.execute("CREATE TABLE IF NOT EXISTS busy (id INTEGER PRIMARY KEY)")
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
start, written = time.monotonic(), 0
while not over.is_set():
    database.execute("INSERT INTO busy DEFAULT VALUES")
    written += 1
    time.sleep(max(0, start + written / 500 - time.monotonic()))
print(written / (time.monotonic() - start))
"""


def all_done(kind, jobs):
    return kind.objects.filter(pk__in=jobs, status=Status.DONE).count() == len(jobs)


def test_it_works(installation, tmp_path):
    """Two consumers share the 300 jobs of a queue, while another process writes 500 times a second."""
    lines = tmp_path / "lines"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(installation.folder / "roost.sqlite3")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT / "site",
        text=True,
    )
    with installation.consumer("emails"), installation.consumer("emails"):
        jobs = [Note.objects.create(action="note", argument=str(lines)).pk for _ in range(300)]
        until(lambda: all_done(Note, jobs), 30)
    rate, _ = writer.communicate("")
    assert float(rate) > 100
    assert writer.returncode == 0
    assert Counter(map(int, lines.read_text().split())) == Counter(jobs)
    ran = Attempt.objects.filter(kind="kinds.note")
    assert ran.filter(outcome="done").count() == ran.count() == 300
    assert ran.values("worker").distinct().count() == 2
    assert "locked" not in installation.log.read_text()


def test_a_worker_process_is_replaced_after_so_many_jobs(installation, tmp_path):
    lines = tmp_path / "lines"
    share = exports.consumer_options["max_tasks"]
    errands = Errand.objects.bulk_create(Errand(action="note", argument=str(lines)) for _ in range(share + 50))
    jobs = [errand.pk for errand in errands]
    with installation.consumer("exports", workers=1):
        until(lambda: all_done(Errand, jobs), 30)
    assert Counter(map(int, lines.read_text().split())) == Counter(jobs)
    by_worker = Counter(Attempt.objects.filter(kind="kinds.errand", job_id__in=jobs).values_list("worker", flat=True))
    assert len(by_worker) == 2
    assert max(by_worker.values()) <= share
