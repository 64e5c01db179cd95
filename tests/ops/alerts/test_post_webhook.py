"""What is posted to ALERT_WEBHOOK_URL, to a real server, and what becomes of it when that server does not take it."""

import hashlib
import hmac
import logging
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Attempt, Status
from jobs.runner import run
from ops.alerts import telling
from ops.models import Alert, Webhook
from tests.ops.alerts.messages import attempt

pytestmark = pytest.mark.django_db

SECRETS = ("s3cret", "t0ken")


@pytest.fixture(autouse=True)
def job(webhook):
    """A test message, which nobody has rung for."""
    return Webhook.objects.create(payload=telling.test_payload())


def post(job):
    Webhook.objects.filter(pk=job.pk).update(run_after=timezone.now())
    run(Webhook, job.pk)
    job.refresh_from_db()
    return job


def test_it_works(running, webhook, settings):
    settings.PUBLIC_URL = "https://roost.test"
    attempt("died", job_id=12)
    running.run()
    ((path, headers, _),) = webhook.posts
    assert path == "/hooks/s3cret?token=t0ken"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("Roost/")
    assert "X-Roost-Signature" not in headers
    alert = Alert.objects.get()
    (payload,) = webhook.payloads
    assert payload == {
        "id": Webhook.objects.exclude(moment=None).get().pk,
        "text": f"Roost at https://roost.test: {alert.words}\n• New: {alert.words} {alert.remedy}",
        "site": "https://roost.test",
        "url": "https://roost.test/ops/alerts/",
        "sent_at": alert.told_at.isoformat(),
        "test": False,
        "alerts": [
            {
                "key": "died:exports.exportjob",
                "severity": "warning",
                "state": "new",
                "words": alert.words,
                "remedy": alert.remedy,
                "since": alert.since.isoformat(),
                "ended_at": None,
            }
        ],
    }


def test_a_test_says_that_it_is_one(webhook, job):
    assert post(job).status == Status.DONE
    assert job.answer == 200
    assert webhook.payloads[0]["test"] is True
    assert "this is a test" in webhook.payloads[0]["text"]


def test_it_is_signed_where_there_is_a_secret(webhook, job, settings):
    settings.ALERT_WEBHOOK_SECRET = "known to both"
    post(job)
    ((_, headers, body),) = webhook.posts
    digest = hmac.new(b"known to both", body, hashlib.sha256).hexdigest()
    assert headers["X-Roost-Signature"] == f"sha256={digest}"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_pass_is_tried_again(webhook, job, status):
    webhook.answers = [status]
    assert post(job).status == Status.PENDING
    assert job.error == f"The webhook answered {status}."
    assert post(job).status == Status.DONE


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_final_and_shown(webhook, job, status):
    webhook.answers = [status]
    assert post(job).status == Status.FAILED
    assert job.error == f"The webhook answered {status}: it does not take this. Check ALERT_WEBHOOK_URL."


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(webhook, job, status):
    webhook.answers, webhook.location = [status], "/elsewhere"
    assert post(job).status == Status.FAILED
    assert "a redirect: set ALERT_WEBHOOK_URL to where it leads" in job.error
    assert len(webhook.posts) == 1


def test_where_nobody_listens_it_is_tried_again(job, settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{unused.getsockname()[1]}/s3cret"
        assert post(job).status == Status.PENDING
    assert job.error == "The webhook cannot be reached: Connection refused."


def test_one_that_hangs_is_given_up(job, settings, monkeypatch):
    monkeypatch.setattr("ops.alerts.http.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{silent.getsockname()[1]}/s3cret"
        assert post(job).status == Status.PENDING
    assert job.error == "The webhook cannot be reached: no answer within 0.2 s."


@pytest.mark.parametrize(
    ("first", "status", "error"),
    [
        (b"", Status.PENDING, "The webhook cannot be reached: no answer within 0.5 s."),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", Status.DONE, ""),  # it has said all that we ask for
    ],
)
def test_one_that_gives_a_byte_now_and_then_is_given_up_too(job, settings, monkeypatch, first, status, error):
    """No single wait is long, and it never ends; the consumer that stands in for another has no limit of its own."""
    monkeypatch.setattr("ops.alerts.http.DEADLINE", 0.5)
    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as dripping:
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{dripping.getsockname()[1]}/s3cret"
        dripper = _drip(dripping, first)
        assert post(job).status == status
        dripper.join()
    assert job.error == error
    assert time.monotonic() - begun < 5  # the server would go on for twenty


def _drip(server, first):
    def drip():
        connection, _ = server.accept()
        with connection, suppress(OSError):  # until we hang up
            connection.sendall(first)
            for _ in range(400):
                connection.sendall(b"x")
                time.sleep(0.05)

    thread = threading.Thread(target=drip)
    thread.start()
    return thread


@pytest.mark.parametrize("said", [b"220 mail.acme.test ESMTP\r\n", b""])
def test_what_is_no_web_server_is_told_as_that(job, settings, said):
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{other.getsockname()[1]}/s3cret"
        said_so = _answer_once(other, said)
        assert post(job).status == Status.PENDING
        said_so.join()
    assert job.error in (
        "The webhook cannot be reached: it does not speak HTTP.",
        "The webhook cannot be reached: the connection broke.",
    )


def _answer_once(server, said):

    def answer():
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(said)

    thread = threading.Thread(target=answer)
    thread.start()
    return thread


# ---- its address is a secret


@pytest.mark.parametrize(
    "trouble", [[404], [503], [302], "https://user:s3cret@host/", "http://host:s3cret/", "ftp://host/s3cret", "s3cret"]
)
def test_no_log_line_and_no_error_holds_the_address(webhook, job, settings, caplog, trouble):
    caplog.set_level(logging.DEBUG)
    if isinstance(trouble, list):
        webhook.answers = trouble
    else:
        settings.ALERT_WEBHOOK_URL = trouble
    assert post(job).error
    told = [job.error, caplog.text, *Attempt.objects.values_list("error", flat=True)]
    told += Attempt.objects.values_list("traceback", flat=True)
    assert not [text for text in told for secret in SECRETS if secret in text]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://user:pass@host/", "holds a user name or a password"),
        ("http://host:port/", "is no address"),
        ("http://[::1/", "is no address"),
        ("ftp://host/", "does not begin with https://"),
        ("file:///etc/passwd", "does not begin with https://"),
        ("host/hook", "does not begin with https://"),
        ("https:///hook", "names no host"),
        ("https://host/a b", "holds a space"),
        ("https://host/\u00e4", "holds a space or a character"),
        ("https://host/\n", "holds a space or a character"),
    ],
)
def test_an_address_that_is_none_fails_with_its_remedy(job, settings, url, words):
    settings.ALERT_WEBHOOK_URL = url
    assert post(job).status == Status.FAILED
    assert words in job.error


# ---- what it says


def test_nobody_can_be_called_and_nothing_linked_in_a_chat():
    assert telling.escaped("<!channel> & @all") == "&lt;!channel&gt; &amp; @\u200ball"


def test_where_the_address_is_gone_nothing_is_posted(job, settings, webhook):
    settings.ALERT_WEBHOOK_URL = ""
    assert post(job).status == Status.CANCELLED
    assert job.error == "ALERT_WEBHOOK_URL is no longer set."
    assert not webhook.posts


def test_late_news_does_not_contradict_newer(running, webhook):
    running.run()
    webhook.answers = [503]
    running.kill("emails")
    running.run(2)
    late = Webhook.objects.exclude(moment=None).get()
    assert late.status == Status.PENDING
    Webhook.objects.filter(pk=late.pk).update(run_after=timezone.now() + timedelta(hours=1))
    running.start("emails")
    running.run(3)
    assert [alert["state"] for alert in webhook.payloads[-1]["alerts"]] == ["ended"]
    assert post(late).status == Status.CANCELLED
    assert late.error == "Outdated: what it tells is over, or has been told again."


def test_a_webhook_that_fails_does_not_post_about_itself(running, webhook):
    webhook.answers = [404] * 100
    attempt()
    running.run(5)
    assert set(Alert.objects.values_list("key", flat=True)) == {"failing:exports.exportjob", "failing:ops.webhook"}
    assert len(webhook.posts) == 1


def test_the_last_answer_is_on_the_row(webhook, job):
    webhook.answers = [204]
    assert post(job).answer == 204
