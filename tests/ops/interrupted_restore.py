"""Restores the same data again and again, each time killed (SIGKILL) at a later one of the calls that change files, and
restores once more afterwards. Prints JSON: what was found wrong, and at how many calls it was killed.

A process of its own: it forks, and its children really die. The data are two small databases; what is put in place is a
folder, which goes through the same swap as an archive.
"""

import json
import os
import shutil
import signal
import sqlite3
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402

from ops.backups.restore import restore  # noqa: E402

FOLDER = settings.DATA_DIR
SOURCE = FOLDER / "replaced-20260101T000000Z"
#: Audit events (docs.python.org/3/library/audit_events.html) of calls that change files.
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree", "shutil.move"}


def put(folder, word):
    """A database in WAL mode whose last row is only in its log, a file and a key; all of them say `word`."""
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "file").write_text(word)
    (folder / "secret_key").write_text(word)
    child = os.fork()
    if not child:  # ends without closing the database, as one that is killed does
        connection = sqlite3.connect(folder / "roost.sqlite3")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE said (word TEXT)")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO said VALUES (?)", [word])
        connection.commit()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def said(folder):
    """What the data in a folder says, all of it."""
    words = [(folder / "media" / "file").read_text(), (folder / "secret_key").read_text()]
    connection = sqlite3.connect(folder / "roost.sqlite3")
    words += [word for (word,) in connection.execute("SELECT word FROM said")]
    connection.close()
    return words


def run(kill_at=None):
    """Restore in a child, killed at that call. Returns whether it came to its end."""
    child = os.fork()
    if not child:
        calls = 0

        def count(event, _):
            nonlocal calls
            if event in CHANGES:
                calls += 1
                if calls == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            restore(SOURCE, lambda line: None)
        except BaseException as error:  # noqa: BLE001
            print(f"{kill_at}: {error!r}", file=sys.stderr)  # noqa: T201
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


wrong, killed = [], 0
while True:
    for path in FOLDER.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    put(FOLDER, "old")
    put(SOURCE, "new")
    (FOLDER / "queue-emails.sqlite3").write_text("messages")
    code = run(killed + 1)
    if code == 0:
        break
    killed += 1
    again = run()
    asides = [path for path in FOLDER.glob("replaced-*") if path != SOURCE]
    found = {
        "killed": code,
        "again": again,
        "here": said(FOLDER),
        "aside": [said(path) for path in asides],
        "left": sorted(path.name for path in FOLDER.iterdir() if path not in asides),
    }
    expected = {
        "killed": -9,
        "again": 0,
        "here": ["new"] * 3,
        "aside": [["old"] * 3],
        "left": ["lock", "media", "roost.sqlite3", "secret_key"],
    }
    if found != expected:
        wrong.append({"at": killed, **found})
print(json.dumps({"wrong": wrong, "killed": killed}))  # noqa: T201
