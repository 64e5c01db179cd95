"""The request that starts an export, against one that builds the file itself."""

import http.client
import json
import socket
import sqlite3
import statistics
import time
from contextlib import closing, contextmanager, suppress

from bench.lab import Result, percentile, times, wait_for

ROWS = 10_000
COUNT = 200
TOKEN = "0123456789abcdefghijklmnopqrstuv"


def measure(installations, options):
    installation = installations.with_tasks(ROWS)
    with (
        signed_in(installation) as post,
        closing(sqlite3.connect(installation.database, isolation_level=None)) as database,
    ):
        ours, rival = [], []
        for _ in range(COUNT):
            ours.append(post("/orgs/acme/tasks/exports/start/", 202))
            # There are no workers here, and one may have three unfinished exports.
            database.execute("UPDATE exports_exportjob SET status = 'cancelled' WHERE status = 'pending'")
            rival.append(post("/orgs/acme/inline/", 200))
    ours_p99, rival_p99 = percentile(ours, 0.99), percentile(rival, 0.99)
    yield Result(
        f"request that starts an export, p99 of {COUNT} (p50)",
        f"{ours_p99:.1f} ms ({statistics.median(ours):.1f})",
        f"{ROWS:,} rows inline: {rival_p99:.0f} ms ({statistics.median(rival):.0f})",
        times(rival_p99 / ours_p99),
        "< 50 ms",
        ours_p99 < 50,
    )


@contextmanager
def signed_in(installation):
    """The real web, with Alice signed in. Gives `post(path, status)`, which returns milliseconds until the answer.

    `post(path, status, method="GET")` asks for a page."""
    session = installation.measure(__name__)
    port = free_port()
    installation.environment["PORT"] = str(port)
    headers = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
    with (
        installation.running("manage.py", "run_web"),
        closing(http.client.HTTPConnection("127.0.0.1", port)) as browser,
    ):
        wait_for(lambda: listens(port))

        def post(path, status, method="POST"):
            start = time.perf_counter()
            browser.request(method, path, headers={**headers, "Accept": "text/html"} if method == "GET" else headers)
            response = browser.getresponse()
            body = response.read()
            seconds = time.perf_counter() - start
            if response.status != status:
                raise RuntimeError(f"{path} answered {response.status}: {body[:500]}")
            return 1000 * seconds

        yield post


def listens(port) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def main():
    """A session of Alice's, as signing in leaves one; prints its key."""
    import django

    django.setup()
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email="alice@acme.test"))
    print(json.dumps(client.session.session_key))


if __name__ == "__main__":
    main()
