"""How fast e-mails leave, with four threads, for a mail server on this machine that takes everything.

Ours are durable: each has its row, the mark of its hand-over, the server's answer. The rival's are plain tasks that use
Django's mail function, lost with the worker that has them.
"""

import sqlite3
import statistics
import sys
from contextlib import closing, contextmanager
from datetime import datetime

from bench.benchmarks.drain import drain_plain
from bench.benchmarks.request import free_port
from bench.lab import RUNS, Result, times, wait_for

COUNT = 1000
MESSAGE = {"subject": "The plan for the winter", "text": "How are you? " * 60, "html": "<p>How are you?</p>" * 60}


def measure(installations, options):
    installation = installations.with_tasks()
    ours, rivals = [], []
    with mail_server(installation):
        for _ in range(RUNS):
            installation.measure(__name__, "rival")
            command = ("-m", "huey.bin.huey_consumer", "bench.loads.mail_rival.huey", "--workers=4")
            rivals.append(drain_plain(installation, *command, count=COUNT))
            ours.append(drain(installation))
    rate, rival = statistics.median(ours), statistics.median(rivals)
    yield Result(
        "e-mails sent to a local server, 4 threads",
        f"{rate:,.0f} durable/s",
        f"send_mail in a SqliteHuey task: {rival:,.0f} plain/s",
        times(rate / rival),
        "≥ 200/s",
        rate >= 200,
    )


@contextmanager
def mail_server(installation):
    """A mail server in a process of its own, which the installation uses."""
    port = free_port()
    installation.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
    with installation.running("-m", "bench.loads.mail_server", str(port), ready="the mail server is ready"):
        yield
    del installation.environment["EMAIL_URL"]


def drain(installation) -> float:
    """E-mails per second, from the first claim to the last end, as the rows tell."""
    first = installation.measure(__name__, "ours")
    with closing(sqlite3.connect(f"file:{installation.database}?mode=ro", uri=True)) as rows:
        with installation.consumer("emails"):
            unfinished = "SELECT 1 FROM mail_email WHERE status IN ('pending', 'running') LIMIT 1"
            wait_for(lambda: not rows.execute(unfinished).fetchone())
        query = "SELECT min(started_at), max(finished_at), sum(status = 'done') FROM mail_email WHERE id >= ?"
        start, end, done = rows.execute(query, [first]).fetchone()
    if done != COUNT:
        raise RuntimeError(f"{done} of {COUNT} e-mails are sent.")
    return COUNT / (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def main(who):
    """Write the e-mails; tells the first one's id."""
    import django

    django.setup()
    recipients = [f"person{number}@acme.test" for number in range(COUNT)]
    if who == "rival":
        from bench.loads.mail_rival import send

        for recipient in recipients:
            send(recipient, *MESSAGE.values())
        print(0)
    else:
        import uuid

        from bench.loads.mail import NEWS
        from mail.outbox import draft, post_many

        batch = uuid.uuid4().hex
        emails = post_many(draft(NEWS, f"{batch}:{recipient}", to=recipient, **MESSAGE) for recipient in recipients)
        print(min(email.pk for email in emails))


if __name__ == "__main__":
    main(*sys.argv[1:])
