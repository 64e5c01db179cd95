"""What lets whoever reads the log act for somebody stands on no line, in neither format."""

import json
import logging

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import send_mail

from config.environment import email_settings
from jobs import log
from mail import kinds, unsubscribe

SECRET = "s3cr3t-Pa55"


@pytest.fixture
def say():
    """say(*arguments, error=None) is what both formats say of it: (the readable line, the JSON object)."""

    def say(*arguments, error=None):
        exc_info = (type(error), error, error.__traceback__) if error else None
        record = logging.LogRecord("tests", logging.ERROR, __file__, 1, arguments[0], arguments[1:], exc_info)
        return log.LineFormatter("web").format(record), json.loads(log.JSONFormatter("web").format(record))

    return say


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"GET /accounts/password/reset/key/4-{SECRET}/ 200", "GET /accounts/password/reset/key/… 200"),
        (f"GET /accounts/confirm-email/{SECRET}/x 200", "GET /accounts/confirm-email/… 200"),
        (f"POST /unsubscribe/WzEsIm:{SECRET}/ 200 3ms", "POST /unsubscribe/… 200 3ms"),
        (f"GET /invitations/accept/12/{SECRET}/ 200 3ms", "GET /invitations/accept/… 200 3ms"),
        (f"https://roost.example/invitations/accept/12/{SECRET}/", "https://roost.example/invitations/accept/…"),
        (f"Not Found: /x?token={SECRET}&y=1", "Not Found: /x?…"),
        (f"https://roost.example/login/?next=/{SECRET} was asked for", "https://roost.example/login/?… was asked for"),
        (f"cannot read smtp+tls://ada%40acme.test:{SECRET}@mail.acme.test:587", "smtp+tls://…@mail.acme.test:587"),
        (f"redis://:{SECRET}@host:6379/0 is down", "redis://…@host:6379/0 is down"),
        (f"postgres://roost:{SECRET}/with@signs@db/roost", "postgres://…@db/roost"),
        (f"https://{SECRET}@sentry.example/1", "https://…@sentry.example/1"),
        (f"Authorization: Bearer {SECRET}", "Authorization: Bearer …"),
        (f"'Authorization': 'Basic {SECRET}=='", "'Authorization': …"),
        (f"authorization={SECRET}", "authorization=…"),
        (f"Cookie: sessionid={SECRET}", "Cookie: …"),
        (f"sessionid={SECRET}; csrftoken={SECRET}", "sessionid=…; csrftoken=…"),
        (f"{{'password': '{SECRET} with spaces', 'login': 'ada'}}", "{'password': …, 'login': 'ada'}"),
        (f"host=db user=roost password={SECRET} dbname=roost", "host=db user=roost password=… dbname=roost"),
        (f"SECRET_KEY={SECRET}", "SECRET_KEY=…"),
    ],
)
def test_it_works(say, said, left):
    line, entry = say("%s", said)
    assert left in line
    assert left in entry["message"]
    assert SECRET not in line + json.dumps(entry)


@pytest.mark.parametrize(
    "harmless",
    [
        "GET /orgs/acme/tasks/ 200 12ms",
        "consumer of emails is ready: 4 × thread",
        "failed, to be tried again after 2026-05-04T10:00:00+00:00: mail.acme.test:25 did not answer in time.",
        "serving https://roost.example:8000 on port 8000",
        "not sent: The recipient has switched off e-mails of this kind.",
        "Forbidden (CSRF token from POST incorrect.): /orgs/acme/tasks/",
        "<b@acme.test>: Recipient address rejected; see https://mail.example/help or ask a@b.test",
        "Is it so? a=b",
    ],
)
def test_what_is_harmless_stays(say, harmless):
    assert say(harmless)[1]["message"] == harmless


def test_a_link_to_unsubscribe_is_one(say):
    kind = next(kind for kind in kinds.registry.values() if kind.optional)
    link = unsubscribe.link(7, kind)
    line, entry = say("GET %s 200", link)
    assert link.rstrip("/").rpartition("/")[2] not in line + json.dumps(entry)
    assert "/unsubscribe/… 200" in line


def test_a_wrong_setting_for_mail_tells_no_password(say):
    with pytest.raises(ImproperlyConfigured) as error:
        email_settings(f"smtp+tls://ada:{SECRET}@mail.acme.test:587?wrong=1")
    assert SECRET not in say("it broke", error=error.value)[0]


def test_a_database_that_cannot_be_reached_tells_no_password(say):
    dsn = f"host=127.0.0.1 port=1 user=roost password={SECRET} connect_timeout=1"
    with pytest.raises(psycopg.OperationalError) as error:
        psycopg.connect(dsn)
    line, entry = say("%s with %s", error.value, dsn, error=error.value)
    assert SECRET not in line + json.dumps(entry)
    assert "password=… connect_timeout=1" in line


def test_a_traceback_tells_none_either(say):
    try:
        raise ConnectionError(f"smtp://ada:{SECRET}@mail.acme.test refused") from ValueError(f"password='{SECRET}'")
    except ConnectionError as error:
        line, entry = say("it broke", error=error)
    assert SECRET not in line + json.dumps(entry)
    assert entry["traceback"].endswith("ConnectionError: smtp://…@mail.acme.test refused")
    assert line.endswith("    ConnectionError: smtp://…@mail.acme.test refused")


def test_a_sent_email_leaves_no_word_of_it(cast, caplog, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_BACKEND = "mail.backends.OutboxBackend"
    settings.EMAIL_TRANSPORT = "django.core.mail.backends.locmem.EmailBackend"
    with django_capture_on_commit_callbacks(execute=True), caplog.at_level(logging.DEBUG):
        send_mail("The subject", f"The body {SECRET}", None, [cast.carol.email])
    said = " ".join(log.JSONFormatter().format(record) for record in caplog.records)
    assert "done" in said
    assert SECRET not in said
    assert cast.carol.email not in said


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", ["://:", "://a", "?a=", "?a", "/", "token=", "token='", "Basic ", "\x1b"])
def test_no_text_takes_long(piece):
    """A pattern that looked at the rest of the text from each of these would take far longer than the timeout."""
    assert log.clean(piece * 30_000)
