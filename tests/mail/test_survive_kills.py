"""Real consumers, a real mail server, and bad luck: nothing is lost, and what must not come twice does not."""

import os
import random
import time
from collections import Counter

import pytest
from django.utils import timezone

from mail import transport
from mail.models import Email
from mail.outbox import draft, post_many
from tests.consumer import fill_disk, free_disk, until
from tests.kinds.mail import LETTER, NOTICE
from tests.mail.letters import history, write

#: How often the consumer is killed while mail leaves. Each costs a second: KILLS=20 is the long run.
KILLS = int(os.environ.get("KILLS", 5))


@pytest.fixture
def server(server, installation):
    """The mail server, which consumers of the installation use too."""
    installation.environment |= {"EMAIL_URL": f"smtp://localhost:{server.port}", "EMAIL_TIMEOUT": "1"}
    yield server
    Email.objects.all().delete()


def has_ended(email):
    email.refresh_from_db()
    return not email.is_unfinished


def test_it_works(server, installation):
    with installation.consumer("emails"):
        email = write()
        until(lambda: has_ended(email))
    assert (email.status, server.message_ids) == ("done", [email.message_id])


@pytest.mark.slow
@pytest.mark.timeout(60 + 5 * KILLS)
def test_nothing_is_lost_and_nothing_sent_twice_however_often_the_consumer_is_killed(server, installation):
    each = 50 + 10 * KILLS
    server.delay = 0.004
    post_many(
        draft(kind, f"{kind.name}:{n}", to=f"{kind.name}{n}@acme.test", subject="Hello", text="How are you?")
        for n in range(each)
        for kind in (LETTER, NOTICE)
    )
    for _ in range(KILLS):
        with installation.consumer("emails") as consumer:
            before = len(server.messages)
            # Beyond those that the last kill hit: they come first, and they are letters.
            until(lambda before=before: len(server.messages) > before + 8)
            time.sleep(random.uniform(0, 0.08))
            consumer.kill()
        assert Email.objects.unfinished().exists(), "the last kills hit nothing: make it slower"
    with installation.consumer("emails"):
        until(lambda: not Email.objects.unfinished().exists(), 30)

    taken = Counter(server.message_ids)
    emails = list(Email.objects.all())
    letters = [email for email in emails if email.kind == LETTER.name]
    notices = [email for email in emails if email.kind == NOTICE.name]
    died = sum(history(email).count("died") for email in emails)
    waiting = [email for email in notices if email.status == "uncertain"]
    assert set(taken) <= {email.message_id for email in emails}
    assert {email.status for email in letters} == {"done"}
    assert all(taken[email.message_id] >= 1 for email in letters)
    assert {email.status for email in notices} <= {"done", "uncertain"}
    assert all(taken[email.message_id] <= 1 for email in notices)
    assert all(taken[email.message_id] == 1 for email in notices if email.status == "done")
    arrived = sum(taken[email.message_id] for email in waiting)
    twice = sum(taken[email.message_id] > 1 for email in letters)
    print(  # noqa: T201 (pytest -s -n 0 shows it)
        f"\n{len(emails)} e-mails, {KILLS} kills, {died} attempts cut short, {len(server.messages)} messages taken. "
        f"{each} letters: none missing, {twice} came more than once with the same Message-ID. "
        f"{each} notices: none came twice, {len(waiting)} wait for a person, of which {arrived} had arrived."
    )


@pytest.mark.slow
def test_an_outage_loses_nothing(server, installation):
    server.greets = False
    with installation.consumer("emails"):
        emails = [write() for _ in range(30)]
        until(lambda: all(email.attempts.exists() for email in emails))
        assert Email.objects.filter(status="pending", error__contains="did not answer in time").count() == 30
        server.greets = True

        time.sleep(transport.LEAVE_ALONE)
        Email.objects.hurry_all(timezone.now())
        until(lambda: not Email.objects.unfinished().exists())
    assert sorted(server.message_ids) == sorted(email.message_id for email in emails)


@pytest.mark.slow
def test_an_answer_that_cannot_be_written_down_yet_is_not_forgotten(server, installation):
    server.delay = 1
    with installation.consumer("emails") as consumer:
        notice = write(NOTICE)
        until(lambda: server.messages)
        fill_disk(consumer.pid)
        time.sleep(2)
        notice.refresh_from_db()
        assert notice.status == "running"
        free_disk(consumer.pid)
        until(lambda: has_ended(notice), 5)
    assert (notice.status, history(notice), server.message_ids) == ("done", ["done"], [notice.message_id])


@pytest.mark.slow
def test_a_message_at_which_the_server_hangs_does_not_stop_the_others(server, installation):
    server.hangs.add("tarpit@acme.test")
    with installation.consumer("emails"):
        stuck = write(to="tarpit@acme.test")
        others = [write() for _ in range(20)]
        until(lambda: all(has_ended(email) for email in others), 5)
        until(lambda: history(stuck) == ["retried"])
    assert len(server.messages) == 20
    assert server.connections <= 5  # one a thread, and a new one for the thread whose connection hung


@pytest.mark.slow
def test_without_settings_nothing_is_tried_and_with_them_everything_goes(server, installation, use):
    address = installation.environment.pop("EMAIL_URL")
    use("")
    with installation.consumer("emails"):
        emails = [write() for _ in range(5)]
        time.sleep(1.5)
    assert {email.attempt for email in Email.objects.all()} == {0}
    installation.environment["EMAIL_URL"] = address
    with installation.consumer("emails"):
        until(lambda: all(has_ended(email) for email in emails))
    assert len(server.messages) == 5
