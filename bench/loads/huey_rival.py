"""Huey's own SQLite queue, with its default options."""

import os

from huey import SqliteHuey

from bench.loads.starts import note

huey = SqliteHuey(filename=os.path.join(os.environ["DATA_DIR"], "huey.sqlite3"))


@huey.task()
def note_start(path):
    note(path)


@huey.task()
def nothing():
    os.write(done, b".")


#: A byte for each time that `nothing` ran.
done = os.open(os.path.join(os.environ["DATA_DIR"], "done"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
