"""What makes alerts, and what came of them."""

from datetime import timedelta

from tests.ops.builders import make_attempt


def attempt(outcome="failed", kind="exports.exportjob", job_id=1, ago=timedelta(seconds=30)):
    """An attempt at an export, or at another kind of job, that has just ended."""
    return make_attempt(outcome, kind=kind, job_id=job_id, ago=ago, seconds=0)


def kill_exports(running, minutes=2):
    """The consumer of exports dies, and so many minutes go by."""
    running.kill("exports")
    running.run(minutes)


def subjects(server):
    """The subjects of all that the mail server took."""
    return [message["Subject"].strip() for message in server.messages]
