"""Three unfinished bulk edits a person: each holds up to 10,000 ids, and a worker for as long as it takes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from config.queues import emails
from jobs.runner import run
from orgs.models import BulkEdit, bulk_edit
from orgs.models.bulk_edit import UNFINISHED_LIMIT, TooManyBulkEdits
from tests.cast import make_task

START = "/orgs/acme/tasks/bulk/start/"
WORDS = "You have 3 unfinished changes of many tasks"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch, immediate_queues):
    """What needs more than one task is a job, and none of them is run."""
    monkeypatch.setattr(bulk_edit, "BATCH", 1)
    emails.immediate = False


@pytest.fixture
def tasks(cast):
    return [make_task(cast.acme, f"Task {number}").pk for number in range(2)]


def start(cast, tasks, user=None):
    return BulkEdit.start(cast.acme, user or cast.carol, tasks, values={"status": "done"})


def test_it_works(cast, tasks):
    edits = [start(cast, tasks) for _ in range(UNFINISHED_LIMIT)]
    with pytest.raises(TooManyBulkEdits, match=WORDS):
        start(cast, tasks)
    start(cast, tasks, cast.alice)
    assert start(cast, tasks[:1]).status == "done"  # a few are changed at once
    edits[0].cancel()
    start(cast, tasks)


def test_a_page_and_a_program_are_told(cast, browser, client, tasks):
    for _ in range(UNFINISHED_LIMIT):
        start(cast, tasks)
    page = browser(cast.carol).post(f"{START}?sort=oldest", {"task": tasks, "status": "done"})
    assert (page.status_code, page["Retry-After"]) == (429, "30")
    assert WORDS in page.content.decode()
    assert "Task 0" in page.content.decode()
    client.force_login(cast.carol)
    answer = client.post(START, {"task": tasks, "status": "done"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert answer.json()["error"].startswith(WORDS)
    assert BulkEdit.objects.count() == UNFINISHED_LIMIT


def test_undoing_many_is_one_too(cast, browser, client, tasks):
    done = start(cast, tasks)
    run(BulkEdit, done.pk)
    for _ in range(UNFINISHED_LIMIT):
        start(cast, tasks)
    undo = f"/orgs/acme/tasks/bulk/{done.pk}/undo/"
    page = browser(cast.carol).post(undo, follow=True)
    assert [str(message)[: len(WORDS)] for message in page.context["messages"]] == [WORDS]
    client.force_login(cast.carol)
    answer = client.post(undo)
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    BulkEdit.objects.unfinished().first().cancel()
    assert client.post(undo).status_code == 202


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_do_not_slip_through(cast, tasks):
    barrier = Barrier(UNFINISHED_LIMIT + 3)

    def ask(_):
        barrier.wait()
        try:
            start(cast, tasks)
        except TooManyBulkEdits:
            return "refused"
        finally:
            connection.close()
        return "started"

    with ThreadPoolExecutor(UNFINISHED_LIMIT + 3) as pool:
        answers = sorted(pool.map(ask, range(UNFINISHED_LIMIT + 3)))
    assert answers == ["refused"] * 3 + ["started"] * UNFINISHED_LIMIT
