"""The doctor as a command: what it prints, its exit code, and what it asks the mail server."""

import pytest

from jobs.models import ConsumerProcess
from ops import doctor
from ops.doctor import web
from ops.health import Verdict
from tests.ops.doctor.examining import found, run_doctor, use

pytestmark = pytest.mark.django_db


def test_it_works(capsys, server, monkeypatch):
    monkeypatch.setattr(web, "answers", lambda now: (Verdict.OK, "The web answers.", "", {}))
    monkeypatch.setattr(doctor, "web", web)
    code, printed = run_doctor(capsys)
    assert "red  " not in printed
    assert code == 0
    assert "ok       Mail " in printed
    assert printed.rstrip().endswith("0 red")
    assert server.connections == 1
    assert server.messages == []


def test_all_of_it_is_a_part_of_json(capsys):
    parts = found(capsys)
    assert parts.keys() >= {
        *("database", "consumer:emails", "queue:exports", "schedules", "outbox", "disk", "migrations", "data_folder"),
        *("file_system", "private_files", "clock", "time_zones", "cron_lines", "secret_key", "https", "web", "mail"),
    }
    assert all(part["remedy"] for part in parts.values() if part["verdict"] != "ok")


def test_where_nothing_runs_it_says_so_and_exits_with_1(capsys):
    ConsumerProcess.objects.all().delete()
    code, printed = run_doctor(capsys)
    assert code == 1
    assert "red      Consumer: exports " in printed
    assert "→ Start Roost again" in printed


def test_a_test_message(capsys, server):
    part = found(capsys, "--send-test", "carol@acme.test")["mail"]
    assert part["verdict"] == "ok"
    assert "250 2.0.0 queued as 1" in part["words"]
    assert server.messages[0]["To"] == "carol@acme.test"
    server.refusals["carol@acme.test"] = ["550 5.1.1 no such user"]
    part = found(capsys, "--send-test", "carol@acme.test")["mail"]
    assert part["verdict"] == "red"
    assert part["words"].endswith("< 550 5.1.1 no such user")


def test_a_wrong_password(capsys, server, settings):
    use(settings, f"smtp://roost:wrong@localhost:{server.port}")
    part = found(capsys)["mail"]
    assert part["verdict"] == "red"
    assert "refused the user name or the password of EMAIL_URL: 535" in part["words"]


@pytest.mark.parametrize(("url", "verdict"), [("", "warning"), ("consolemail://", "ok"), ("smtp://localhost:1", "red")])
def test_other_ways_for_mail(capsys, settings, url, verdict):
    use(settings, url)
    assert found(capsys)["mail"]["verdict"] == verdict


def test_what_is_no_address_is_told_with_exit_code_2(capsys):
    assert run_doctor(capsys, "--send-test", "carol") == (2, "Not an e-mail address: carol\n")


def test_nothing_that_a_server_says_steers_the_terminal(capsys, server):
    server.refusals["carol@acme.test"] = ["550 \x1b[2Jgone"]
    assert "\x1b" not in run_doctor(capsys, "--send-test", "carol@acme.test")[1]
