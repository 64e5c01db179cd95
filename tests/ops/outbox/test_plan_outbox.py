"""However many e-mails were sent, a page of the outbox costs the same: what SQLite does for it is counted."""

import pytest
from django.db import connection

from mail.models import Email
from orgs.paging import Position

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="the instructions are SQLite's"),
]

PAGES = "/ops/outbox/"
FEW, MANY = 1_500, 8_000
QUERIES = [
    "",
    "after=",
    "before=",
    "status=failed",
    "status=pending",
    "status=done",
    "kind=letter",
    "kind=notice",
    "recipient=carol@acme.test",
    "recipient=nobody@acme.test",
    "recipient=carol@acme.test&status=failed",
    "q=news",
    "q=needle",
    "q=needle&after=",
    "q=needle&before=",
    "status=done&kind=notice&q=needle",
]
INSERT = """
    WITH RECURSIVE number(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM number WHERE n < %s)
    INSERT INTO mail_email (status, attempt, restarted_after, run_after, worker, progress, error, request_id,
        created_at, key, kind, message_id, recipient, subject, text, html, headers, handed_over_in, answer)
    SELECT 'done', 1, 0, moment, '', 0, '', '', moment, 'news:' || n, 'letter', '', 'somebody' || n || '@acme.test',
        'News', '', '', '{}', 1, '250 ok'
    FROM (SELECT n, strftime('%%Y-%%m-%%d %%H:%%M:%%f', 1700000000 + n, 'unixepoch') AS moment FROM number)
"""


def send_news(first, last):
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [first, last])


def work(get):
    """How many hundreds of instructions SQLite runs for it."""
    ticks = []
    connection.connection.set_progress_handler(lambda: ticks.append(1), 100)
    try:
        assert get().status_code == 200
    finally:
        connection.connection.set_progress_handler(None, 0)
    return len(ticks)


@pytest.fixture
def news(use, monkeypatch):
    """A few e-mails, and one to Carol that failed."""
    monkeypatch.setattr("orgs.paging.STRETCH", 200)
    use("")
    send_news(1, FEW)
    Email.objects.filter(key="news:700").update(status="failed", recipient="carol@acme.test")


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.usefixtures("news")
def test_it_works(operator, query):
    if query.endswith(("after=", "before=")):
        place = Email.objects.get(key="news:1000")
        query += Position(place.created_at, place.pk).encode(("-created_at", "-id"))
    operator.get(f"{PAGES}?{query}")  # what is only done once, is done
    before = work(lambda: operator.get(f"{PAGES}?{query}"))
    send_news(FEW + 1, MANY)
    assert work(lambda: operator.get(f"{PAGES}?{query}")) < before * 1.3 + 20


@pytest.mark.usefixtures("news")
def test_the_measure_sees_a_scan(operator):
    """What has no index and no stretch costs more where there is more: else the test above could not fail."""

    def scan():
        operator.get(PAGES)
        Email.objects.filter(answer="no").exists()
        return operator.get(PAGES)

    before = work(scan)
    send_news(FEW + 1, MANY)
    assert work(scan) > before * 1.3 + 20
