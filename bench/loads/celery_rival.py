"""Celery on Redis, with its default options and without results."""

import os

from celery import Celery

app = Celery(broker=os.environ["BROKER"])


@app.task(ignore_result=True)
def nothing():
    os.write(done, b".")


#: A byte for each time that `nothing` ran.
done = os.open(os.path.join(os.environ["DATA_DIR"], "done"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
