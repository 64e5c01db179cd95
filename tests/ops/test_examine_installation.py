"""The doctor, as a command and as a page: each thing that it is there to find, and its remedy."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.checks import Error, Info, Warning, register
from django.core.checks.registry import registry
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client, RequestFactory
from django.utils import timezone

from config.environment import email_settings
from jobs.models import ConsumerProcess, Schedule
from jobs.runner import run
from jobs.schedules import open_due_slots
from mail.models import DeliveryTest
from ops import doctor
from ops.doctor import clocks, configuration, data, web
from ops.health import Verdict, queues
from orgs.models import AuditEntry
from tests.kinds.models import Note
from tests.ops.builders import make_consumer
from tests.smtp import MailServer

pytestmark = pytest.mark.django_db

SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="it is SQLite's")


@pytest.fixture(autouse=True)
def running(settings, monkeypatch):
    """Consumers of this release, and schedules."""
    monkeypatch.setattr(queues, "serving_since", None)
    settings.EMAIL_BACKEND = "mail.backends.OutboxBackend"
    for queue in "emails", "exports":
        make_consumer(queue)
    open_due_slots()


@pytest.fixture
def server(settings):
    """A mail server that asks for a password, which the settings know."""
    with MailServer(password="right") as server:
        use(settings, f"smtp://roost:right@localhost:{server.port}")
        yield server


def use(settings, url):
    for name, value in email_settings(url).items():
        setattr(settings, name, value)
    settings.EMAIL_TIMEOUT = 0.5


def run_doctor(capsys, *arguments):
    """Returns the exit code and what was printed."""
    code = 0
    try:
        call_command("doctor", *arguments)
    except SystemExit as end:
        code = end.code
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def found(capsys, *arguments):
    """The parts that `doctor --json` tells, by name."""
    return {part["name"]: part for part in json.loads(run_doctor(capsys, "--json", *arguments)[1])["parts"]}


def verdict_of(look):
    """The verdict of one look, in a word."""
    return str(look(timezone.now())[0])


# ---- the command


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


# ---- the data folder


@SQLITE
@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("ext4", "ok"),
        ("btrfs", "ok"),
        ("nfs4", "red"),
        ("cifs", "red"),
        ("9p", "red"),
        ("fuse.sshfs", "warning"),
        ("overlay", "warning"),
        ("tmpfs", "warning"),
    ],
)
def test_the_file_system(monkeypatch, kind, verdict):
    monkeypatch.setattr(data, "mount_of", lambda path: data.Mount(path, "/", kind))
    assert verdict_of(data.file_system) == verdict


def test_which_mount_a_path_is_on(tmp_path):
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
        "23 22 0:40 / /srv rw shared:3 master:1 - nfs4 host:/srv rw\n"
        "24 23 8:2 / /srv/my\\040data rw - xfs /dev/sdb1 rw\n"
        "25 23 0:41 / /srv/other rw - tmpfs tmpfs rw\n"
        "26 23 0:42 / /srv/other rw - cifs //host/other rw\n"
    )
    expected = {"/home/a": "ext4", "/srv/x": "nfs4", "/srv/my data/roost": "xfs", "/srvs": "ext4", "/srv/other": "cifs"}
    assert {path: data.mount_of(Path(path), table).kind for path in expected} == expected
    assert data.mount_of(Path("/"), tmp_path / "nothing") is None


def test_a_restore_that_was_cut_short(capsys, monkeypatch, tmp_path):
    assert "half_way" not in found(capsys)
    monkeypatch.setattr("config.lock.RESTORING", tmp_path / "restore.json")
    (tmp_path / "restore.json").touch()
    part = found(capsys)["half_way"]
    assert (part["verdict"], part["words"]) == ("red", "The restore of this data has not come to its end.")


def test_a_folder_that_takes_nothing(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    verdict, words, remedy, _ = data.folder(timezone.now())
    assert verdict == Verdict.RED
    assert words == f"Nothing can be saved in {tmp_path}/gone: No such file or directory."
    assert str(os.geteuid()) in remedy


def test_files_that_others_can_read(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    tmp_path.chmod(0o755)
    key = tmp_path / "secret_key"
    key.write_text("secret")
    key.chmod(0o600)
    assert verdict_of(data.private_files) == "ok"
    key.chmod(0o644)
    verdict, words, remedy, _ = data.private_files(timezone.now())
    assert (verdict, words) == (Verdict.WARNING, "Other users of this machine can read secret_key.")
    assert f"chmod 600 {key}" in remedy
    tmp_path.chmod(0o700)  # nobody else comes that far
    assert verdict_of(data.private_files) == "ok"


def test_a_database_of_an_earlier_release(monkeypatch):
    assert verdict_of(data.migrations) == "ok"
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("exports")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'exports' AND name = %s", [newest])
    verdict, words, _, detail = data.migrations(timezone.now())
    assert (verdict, detail) == (Verdict.RED, {"missing": [f"exports.{newest}"]})
    assert words == "The database lacks 1 change of this release."


# ---- the clock


def test_a_clock_that_was_set_back():
    now = timezone.now()
    assert verdict_of(clocks.clock) == "ok"
    note = Note.objects.create(created_at=now + timedelta(days=2))
    verdict, words, _, _ = clocks.clock(now)
    assert verdict == Verdict.WARNING
    assert words == f"The clock was set back, or that of whoever made the note {note.pk} is 2 days ahead."


def test_a_consumer_from_the_future():
    ConsumerProcess.objects.filter(queue="emails").update(seen_at=timezone.now() + timedelta(minutes=3, seconds=30))
    assert "the consumer elsewhere:6:1 is 3 minutes ahead" in clocks.clock(timezone.now())[1]


def test_a_slot_that_is_too_far_ahead():
    Schedule.objects.filter(name="jobs.trim_history").update(next_slot=timezone.now() + timedelta(days=3))
    assert "whoever opened the last slot of jobs.trim_history" in clocks.clock(timezone.now())[1]


def test_a_disk_whose_clock_is_another(time_machine):
    time_machine.move_to(timezone.now() + timedelta(hours=3, minutes=30))  # our clock: the disk has the true one
    verdict, words, _, _ = clocks.clock(timezone.now())
    assert verdict == Verdict.WARNING
    assert words == "The clock of the data folder's disk is 3 hours behind that of this process."


def test_a_clock_that_stands_before_the_release():
    assert clocks.clock(timezone.now() - timedelta(days=365 * 50))[0] == Verdict.RED


def test_no_time_zone_data(monkeypatch):
    monkeypatch.setattr("ops.doctor.clocks.known_time_zones", lambda: {"UTC"})
    assert verdict_of(clocks.time_zones) == "red"


def test_a_cron_line_that_never_comes_due():
    Schedule.objects.filter(name="jobs.trim_history").update(cron="0 0 30 2 *")
    verdict, words, _, _ = clocks.cron_lines(timezone.now())
    assert verdict == Verdict.RED
    assert words.startswith("jobs.trim_history never runs: “0 0 30 2 *” is not a cron line")
    assert verdict_of(clocks.clock) == "ok"


# ---- the settings


def test_system_checks_are_told_with_their_ids_and_hints():
    messages = [
        Error("It is\n wrong.", hint="Mend it.", id="some.E001"),
        Warning("Odd.", hint=None, id="some.W001"),
        Info("By the way.", hint="Read on.", id="some.I001"),
        Warning("About HTTPS.", id="security.W008"),
    ]
    parts = [look(timezone.now()) for look in configuration.looks_at(messages)]
    assert [(part.name, part.verdict.value, part.words, part.remedy) for part in parts] == [
        ("check:some.E001", "red", "It is wrong.", "Mend it."),
        ("check:some.W001", "warning", "Odd.", "See its words."),
        ("check:some.I001", "ok", "By the way. Read on.", ""),
    ]
    assert [look.name for look in configuration.looks_at([])] == ["settings"]


def test_a_system_check_without_a_tag_is_asked_too(capsys):
    """Django leaves such out where it is asked for those of some tags."""

    def untagged(app_configs, **_):
        return [Warning("Odd.", hint="Mend it.", id="some.W002")]

    register(untagged)
    try:
        assert found(capsys)["check:some.W002"]["verdict"] == "warning"
    finally:
        registry.registered_checks.remove(untagged)


def test_a_system_check_that_breaks_hides_nothing(capsys, settings):
    settings.ROOT_URLCONF = "nowhere.urls"
    configuration._about_code.cache_clear()
    parts = found(capsys)
    assert parts["settings"]["verdict"] == "red"
    assert "No module named 'nowhere'" in parts["settings"]["words"]
    assert parts["database"]["verdict"] == "ok"


def test_a_weak_secret_key(settings):
    assert verdict_of(configuration.secret_key) == "ok"
    settings.SECRET_KEY = "secret"
    assert verdict_of(configuration.secret_key) == "red"


@pytest.mark.parametrize(
    ("url", "proxies", "verdict"),
    [
        ("https://roost.example", 1, "ok"),
        ("https://roost.example", 0, "red"),
        ("http://roost.example", 0, "warning"),
        ("http://localhost:8000", 0, "ok"),
    ],
)
def test_https(settings, url, proxies, verdict):
    settings.PUBLIC_URL, settings.ALLAUTH_TRUSTED_PROXY_COUNT = url, proxies
    assert verdict_of(configuration.https) == verdict


# ---- how the browser came


def came(settings, public_url, proxies=0, *, secure=False, host="roost.example", **headers):
    """What the doctor says of the address and of the proxies, as two verdicts."""
    settings.PUBLIC_URL, settings.ALLAUTH_TRUSTED_PROXY_COUNT = public_url, proxies
    settings.ALLOWED_HOSTS = ["*"]
    if proxies:
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {name.replace("_", "-"): value for name, value in {"host": host, **headers}.items()}
    request = RequestFactory(headers=headers).get("/ops/doctor/", secure=secure)
    now = timezone.now()
    return str(web.address(request, now)[0]), str(web.proxies(request, now)[0])


THROUGH_ONE = {"x_forwarded_for": "203.0.113.7", "x_forwarded_proto": "https"}


def test_whoever_comes_as_the_settings_say(settings):
    assert came(settings, "http://roost.example") == ("ok", "ok")
    assert came(settings, "https://roost.example", 1, **THROUGH_ONE) == ("ok", "ok")
    assert came(settings, "http://roost.example:8000", host="roost.example:8000") == ("ok", "ok")


def test_another_address_than_that_in_e_mails(settings):
    assert came(settings, "http://roost.example", host="10.0.0.7:8000")[0] == "warning"
    assert came(settings, "https://roost.example", 1, x_forwarded_for="203.0.113.7")[0] == "warning"


def test_a_proxy_that_is_not_trusted(settings):
    assert came(settings, "http://roost.example", **THROUGH_ONE) == ("ok", "warning")
    assert came(settings, "http://roost.example", forwarded="for=203.0.113.7")[1] == "warning"


def test_a_trusted_proxy_that_is_not_there_or_says_too_little(settings):
    assert came(settings, "http://roost.example", 1)[1] == "red"
    assert came(settings, "http://roost.example", 1, x_forwarded_for="203.0.113.7")[1] == "warning"
    assert came(settings, "https://roost.example", 1, **{**THROUGH_ONE, "x_forwarded_for": "a, b"})[1] == "warning"


def test_whether_the_web_answers(settings):
    settings.PORT = 1
    verdict, words, _, _ = web.answers(timezone.now())
    assert verdict == Verdict.RED
    assert words == "Nothing answers on port 1 of this machine: [Errno 111] Connection refused."


# ---- the page


@pytest.fixture
def operator(cast):
    cast.alice.is_staff = True
    cast.alice.save()
    client = Client(headers={"accept": "text/html"})
    client.force_login(cast.alice)
    return client


def test_the_page_shows_the_worst_first(operator):
    ConsumerProcess.objects.filter(queue="exports").update(seen_at=timezone.now() - timedelta(hours=1))
    page = operator.get("/ops/doctor/").content.decode()
    order = [
        page.index(words)
        for words in ("has been silent for 1 hour", "You came by http://testserver", "The database answers")
    ]
    assert order == sorted(order)
    assert "Doctor</a>" in page


def test_the_page_sends_a_test_in_the_background_and_shows_what_came_of_it(operator, cast, server):
    assert "Nobody has tried yet" in operator.get("/ops/doctor/").content.decode()
    page = operator.post("/ops/doctor/test/", {"recipient": "dave@acme.test"}, follow=True).content.decode()
    assert "The mail server is being asked" in page
    assert 'http-equiv="refresh"' in page
    assert server.messages == []
    test = DeliveryTest.objects.get()
    assert test.requested_by == cast.alice
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (cast.alice, "tested", test.label)
    run(DeliveryTest, test.pk)
    page = operator.get("/ops/doctor/").content.decode()
    assert "The mail server took a test to dave@acme.test 0 seconds ago." in page
    assert "&lt; 250 2.0.0 queued as 1" in page
    assert 'http-equiv="refresh"' not in page


def test_a_refused_test_is_in_trouble(operator, server):
    server.refusals["dave@acme.test"] = ["550 5.7.1 <script>alert(1)</script>"]
    operator.post("/ops/doctor/test/", {"recipient": "dave@acme.test"})
    run(DeliveryTest, DeliveryTest.objects.get().pk)
    page = operator.get("/ops/doctor/").content.decode()
    assert "did not take the test of 0 seconds ago: &lt; 550 5.7.1 &lt;script&gt;" in page


def test_what_is_no_address_is_told_on_the_page(operator):
    answer = operator.post("/ops/doctor/test/", {"recipient": "dave"})
    assert answer.status_code == 400
    assert "Enter a valid email address." in answer.content.decode()
    assert not DeliveryTest.objects.exists()


def test_the_page_takes_few_queries(operator, django_assert_max_num_queries):
    operator.get("/ops/doctor/")
    with django_assert_max_num_queries(60):
        operator.get("/ops/doctor/")
