"""Backing up a large database while others write to it, and restoring it: a gigabyte with the default number of tasks.

Two processes write meanwhile, as the web does, each 150 small transactions a second, and note how long each took. The
rival does what people do by hand: `VACUUM INTO`, and tar with gzip. (The shell's `.backup` begins again whenever
somebody writes between two of its steps: it is tried too, and stopped after a minute.)
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

from bench.lab import Installation, Result, end, have_sqlite_shell, percentile, times

WRITERS, RATE = 2, 150
#: Bytes of the database for each of `--rows`. A tenth of them are tasks; text that is faster to make fills it up.
BYTES_A_ROW = 1024
#: Seconds that the shell's `.backup` is given.
PATIENCE = 60


def measure(installations, options):
    have_sqlite_shell()
    installation = Installation(options.rows // 10)
    try:
        yield from compare(installation, options)
    finally:
        installation.close()


def compare(installation, options):
    fill(installation.database, options.rows * BYTES_A_ROW)
    size = installation.database.stat().st_size
    with writing(installation) as calm:
        time.sleep(10)
    with writing(installation) as beside_rival:
        rival = by_hand(installation)
    with writing(installation) as beside_ours:
        ours = installation.measure(__name__, "make")
    with writing(installation):
        shell = shell_backup(installation)
    gigabytes = f"{size / 1e9:.2f} GB"
    yield Result(
        f"backup of {gigabytes} beside {WRITERS * RATE} commits/s, packed",
        f"{ours['made']:.1f} s, {ours['size'] / 1e6:,.0f} MB",
        f"VACUUM INTO, tar, gzip: {rival['made']:.1f} s, {rival['size'] / 1e6:,.0f} MB; .backup: {shell}",
        times(rival["made"] / ours["made"]),
        "≥ 2 × faster",
        rival["made"] >= 2 * ours["made"],
    )
    yield Result(
        f"longest of {len(beside_ours):,} writes beside it (p99)",
        waits(beside_ours),
        f"beside the rival: {waits(beside_rival)}; beside nothing: {waits(calm)}",
        times(max(beside_rival) / max(beside_ours)),
        "< 1 s",
        max(beside_ours) < 1,
    )
    yield Result(
        "the drill: unpack, check, count, migrate",
        f"{ours['proven']:.1f} s",
        "–",
        "–",
        "–",
        None,
    )
    start = time.perf_counter()
    installation.manage("restore", ours["path"])
    restored = time.perf_counter() - start
    start = time.perf_counter()
    unpack_by_hand(installation, rival["path"])
    unpacked = time.perf_counter() - start
    yield Result(
        f"restore of {gigabytes}, verified, with the old data kept",
        f"{restored:.1f} s",
        f"tar, integrity_check: {unpacked:.1f} s",
        times(unpacked / restored),
        "–",
        None,
    )


def fill(database, size):
    """Make the database that large, with text that packs as people's text does."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        words = ["the", "roof", "of", "our", "house", "leaks", "again", "after", "rain", "and", "snow", "in", "winter"]
        connection.execute("CREATE TABLE filling (id INTEGER PRIMARY KEY, text TEXT)")
        number = 0
        while (
            connection.execute("PRAGMA page_count").fetchone()[0] * connection.execute("PRAGMA page_size").fetchone()[0]
            < size
        ):
            connection.execute("BEGIN")
            for _ in range(5000):
                number += 1
                text = " ".join(f"{word} {(number * (at + 7919)) % 104729:x}" for at, word in enumerate(words * 8))
                connection.execute("INSERT INTO filling (text) VALUES (?)", [text])
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def writing(installation):
    """Writers at work. Gives a list that holds afterwards how long each write took, in seconds."""
    took = []
    stop = installation.folder / "stop"
    writers = [installation.start("-m", __name__, "write", str(stop), stdout=subprocess.PIPE) for _ in range(WRITERS)]
    try:
        for writer in writers:
            if writer.stdout.readline() != b"writing\n":
                raise RuntimeError("A writer did not start.")
        yield took
        stop.touch()
        for writer in writers:
            took += json.loads(installation.output(writer))
    finally:
        for writer in writers:
            end(writer)
        stop.unlink(missing_ok=True)


def write(stop: Path):
    """Small transactions at the rate, until the file `stop` is there. Prints how long each took, in seconds."""
    from django.utils import timezone

    from orgs.models import Organization, Task

    organization, took = Organization.objects.first(), []
    print("writing", flush=True)
    begin = time.perf_counter()
    while not stop.exists():
        start = time.perf_counter()
        Task.objects.create(organization=organization, title=f"Written at {timezone.now()}", description="x" * 200)
        took.append(time.perf_counter() - start)
        time.sleep(max(begin + len(took) / RATE - time.perf_counter(), 0))
    print(json.dumps(took))


def waits(took):
    return f"{max(took) * 1000:,.0f} ms ({percentile(took, 0.99) * 1000:,.0f})"


def make():
    """Back up and prove. Prints JSON."""
    from ops.backups.catalog import Reason
    from ops.backups.making import make, prove

    start = time.perf_counter()
    backup = make(Reason.BY_HAND)
    made = time.perf_counter()
    prove(backup)
    proven = time.perf_counter()
    print(json.dumps({"made": made - start, "proven": proven - made, "size": backup.size, "path": str(backup.path)}))


def by_hand(installation):
    start = time.perf_counter()
    copy, packed = installation.folder / "by-hand.sqlite3", installation.folder / "by-hand.tar.gz"
    with closing(sqlite3.connect(installation.database, timeout=20)) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    subprocess.run(["tar", "-czf", packed, "-C", installation.folder, copy.name], check=True)
    copy.unlink()
    return {"made": time.perf_counter() - start, "size": packed.stat().st_size, "path": packed}


def unpack_by_hand(installation, packed):
    folder = installation.folder / "unpacked"
    folder.mkdir()
    subprocess.run(["tar", "-xzf", packed, "-C", folder], check=True)
    with closing(sqlite3.connect(folder / "by-hand.sqlite3")) as connection:
        connection.execute("PRAGMA integrity_check").fetchall()
    shutil.rmtree(folder)


def shell_backup(installation) -> str:
    """How long the shell's `.backup` takes, in words."""
    if shutil.which("sqlite3") is None:
        return "no shell"
    copy, start = installation.folder / "shell.sqlite3", time.perf_counter()
    process = subprocess.Popen(["sqlite3", installation.database, f".backup {copy}"])
    try:
        process.wait(PATIENCE)
        return f"{time.perf_counter() - start:.1f} s, not packed"
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f"not done after {PATIENCE} s"
    finally:
        copy.unlink(missing_ok=True)


def main(what, *arguments):
    import django

    django.setup()
    if what == "write":
        write(Path(*arguments))
    else:
        make()


if __name__ == "__main__":
    main(*sys.argv[1:])
