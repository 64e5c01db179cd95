"""A test message, from the shell and from the outbox page: what the mail server says is shown as it says it."""

import pytest
from django.core.management import call_command

from jobs.runner import run
from mail.models import DeliveryTest
from orgs.models import AuditEntry
from tests.ops.screens import operator_of
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db


def send_test_email(capsys, address="carol@acme.test"):
    """Returns the exit code and what was printed."""
    code = 0
    try:
        call_command("send_test_email", address)
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_it_works(server, capsys):
    code, printed = send_test_email(capsys)
    assert code == 0
    lines = printed.splitlines()
    assert lines[0].startswith("< 220 ")
    assert "> rcpt TO:<carol@acme.test>" in lines
    assert lines[-2:] == ["< 250 2.0.0 queued as 1", "The message to carol@acme.test was accepted."]
    assert server.messages[0]["Subject"] == "Test from Roost"


def test_a_refusal_is_printed_with_exit_code_1(server, capsys):
    server.refusals["carol@acme.test"] = ["550 5.1.1 no such user"]
    code, printed = send_test_email(capsys)
    assert code == 1
    assert "< 550 5.1.1 no such user" in printed


def test_a_password_is_never_shown(use, capsys):
    with MailServer(password="right") as server:
        use(f"smtp://roost:wr0ng-secret@localhost:{server.port}")
        code, printed = send_test_email(capsys)
    assert code == 1
    assert "> AUTH PLAIN (not shown)" in printed
    assert "refused the user name or the password of EMAIL_URL: 535 5.7.8" in printed
    assert "AHJvb3N0" not in printed  # \0roost in base64, as PLAIN begins
    assert "wr0ng-secret" not in printed


def test_nobody_listens(use, capsys):
    use("smtp://localhost:1")
    assert send_test_email(capsys) == (
        1,
        "localhost:1 cannot be reached: Connection refused\nThe message was not accepted.\n",
    )


def test_without_settings_or_address_the_exit_code_is_2(use, capsys):
    use("")
    assert send_test_email(capsys) == (2, "EMAIL_URL is not set: there is no mail server to ask.\n")
    assert send_test_email(capsys, "carol") == (2, "Not an e-mail address: carol\n")


# ---- from the outbox page


@pytest.fixture
def operator(cast):
    return operator_of(cast.alice)


def test_the_button_asks_in_the_background_and_shows_the_answer(operator, cast, server):
    answer = operator.post("/ops/outbox/tests/", {"recipient": "dave@acme.test"}, follow=True)
    content = answer.content.decode()
    assert "The mail server is being asked" in content
    assert 'http-equiv="refresh"' in content
    assert server.messages == []

    test = DeliveryTest.objects.get()
    run(DeliveryTest, test.pk)
    content = operator.get(f"/ops/outbox/tests/{test.pk}/").content.decode()
    assert "The mail server took it." in content
    assert "&lt; 250 2.0.0 queued as 1" in content
    assert 'http-equiv="refresh"' not in content
    assert test.requested_by == cast.alice
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (cast.alice, "tested", test.label)


def test_a_refusal_is_a_result_too(operator, server):
    server.refusals["dave@acme.test"] = ["550 5.7.1 <script>alert(1)</script>"]
    operator.post("/ops/outbox/tests/", {"recipient": "dave@acme.test"})
    test = DeliveryTest.objects.get()
    run(DeliveryTest, test.pk)
    content = operator.get(f"/ops/outbox/tests/{test.pk}/").content.decode()
    assert "It was not accepted." in content
    assert "&lt; 550 5.7.1 &lt;script&gt;" in content


def test_an_address_that_is_none_is_told(operator):
    answer = operator.post("/ops/outbox/tests/", {"recipient": "dave"}, follow=True)
    assert "A test needs an e-mail address." in answer.content.decode()
    assert not DeliveryTest.objects.exists()
