"""The page of the backups, for whoever operates the installation."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ops.backups import catalog
from ops.backups.catalog import BackupFile, Reason
from ops.models import Backup
from orgs.models import AuditEntry
from tests.ops.screens import operator_of

pytestmark = pytest.mark.django_db

PAGE = "/ops/backups/"
SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="a server's database is not ours to back up")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def add():
    def add(hours, reason=Reason.NIGHTLY, **columns):
        made_at = timezone.now() - timedelta(hours=hours)
        path = catalog.new_path(made_at)
        path.write_bytes(b"0123456789" * 100)
        manifest = {"rows": {"accounts_user": 5, "orgs_task": 1_000_000}, "release": "0.4+abcdef"}
        backup = BackupFile(path, 1000, made_at, reason, manifest, **columns)
        backup.note()
        return backup

    return add


@pytest.fixture
def operator(cast):
    return operator_of(cast.carol)


@pytest.fixture
def waiting(immediate_queues):
    """Jobs stay pending: no consumer runs."""
    from config.queues import QUEUES

    for queue in QUEUES.values():
        queue.immediate = False
    from huey.storage import MemoryStorage

    storages = {name: queue.storage for name, queue in QUEUES.items()}
    for name, queue in QUEUES.items():
        queue.storage = MemoryStorage(name)
    yield
    for name, queue in QUEUES.items():
        queue.storage = storages[name]


def body(answer):
    assert answer.status_code == 200
    return answer.content.decode()


@SQLITE
def test_it_works(operator, add):
    add(1, proven_at=timezone.now())
    add(30, Reason.UPDATE, error="The table orgs_task has 0 rows instead of 1.")
    add(50, Reason.BY_HAND)
    page = body(operator.get(PAGE))
    for words in ("Proven", "Nightly", "1,000,005", "0.4+abcdef", "Make one now"):
        assert words in page
    for words in ("Cannot be restored", "The table orgs_task has 0 rows instead of 1.", "Before an update"):
        assert words in page
    assert "Not proven yet" in page
    assert page.count("/prove/") == 2
    assert page.count("/download/") == 3
    assert "every 2s" not in page


@SQLITE
def test_a_drill_that_had_no_room_is_told(operator, add):
    add(1, no_room="No room for the unpacked backup: it needs 2 GB.")
    page = body(operator.get(PAGE))
    assert "Not proven: no room" in page
    assert "it needs 2 GB." in page
    assert "Cannot be restored" not in page
    assert page.count("/prove/") == 1


@SQLITE
def test_without_any_it_says_what_to_do(operator):
    page = body(operator.get(PAGE))
    assert "No backups yet" in page
    assert "Make one now" in page


@SQLITE
def test_none_of_them_being_proven_is_a_warning(operator, add):
    add(1)
    assert "No backup is proven yet" in body(operator.get(PAGE))


@SQLITE
def test_making_one_shows_how_far_it_is(operator, cast, waiting):
    page = body(operator.post(f"{PAGE}start/", follow=True))
    job = Backup.objects.get()
    assert (job.reason, job.requested_by, job.status) == (Reason.BY_HAND, cast.carol, "pending")
    assert "waiting for a worker" in page
    assert "every 2s" in page
    operator.post(f"{PAGE}start/")  # one is enough
    assert Backup.objects.count() == 1
    Backup.objects.update(status="running", progress=250_000_000, total=1_000_000_000)
    page = body(operator.get(PAGE))
    assert "238.4\xa0MB of 953.7\xa0MB" in page
    assert '<progress max="1000000000" value="250000000"' in page
    entry = AuditEntry.objects.first()
    assert (entry.actor, entry.action, entry.target) == (cast.carol, "started a backup", job.label)


@SQLITE
def test_the_last_failure_is_told_until_one_succeeds(operator, waiting):
    Backup.objects.create(reason=Reason.NIGHTLY, status="failed", error="No room for a backup: <b>")
    assert "The last backup failed. No room for a backup: &lt;b&gt;" in body(operator.get(PAGE))
    Backup.objects.create(reason=Reason.NIGHTLY, status="done")
    assert "The last backup failed" not in body(operator.get(PAGE))


def test_proving_one(operator, cast, add, waiting):
    backup = add(1)
    page = body(operator.post(f"{PAGE}{backup.name}/prove/", follow=True))
    assert Backup.objects.get().archive == backup.name
    assert "is being unpacked and checked" in page
    assert AuditEntry.objects.get().target == backup.name


def test_one_is_fetched_in_parts_and_that_is_written_down(operator, cast, add):
    backup = add(1)
    address = f"{PAGE}{backup.name}/download/"
    answer = operator.get(address)
    assert b"".join(answer.streaming_content) == backup.path.read_bytes()
    assert answer["Content-Type"] == "application/zstd"
    assert answer["Content-Disposition"] == f'attachment; filename="{backup.name}"'
    rest = operator.get(address, headers={"range": "bytes=990-", "if-range": answer["ETag"]})
    assert (rest.status_code, b"".join(rest.streaming_content)) == (206, b"0123456789")
    assert operator.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 304
    entries = AuditEntry.objects.order_by("pk")
    assert [(entry.actor, entry.action, entry.details) for entry in entries] == [
        (cast.carol, "downloaded", {}),
        (cast.carol, "downloaded", {"range": "bytes=990-"}),
    ]


@pytest.mark.parametrize("name", ["secret_key", "..%2Fsecret_key", "..", "roost-20200101T000000Z.tar.zst", "x.json"])
def test_nothing_else_can_be_fetched_or_proven(operator, folder, add, name):
    add(1)
    (folder.parent / "secret_key").write_text("secret")
    (folder / "x.json").write_text("{}")
    assert operator.get(f"{PAGE}{name}/download/").status_code == 404
    assert operator.post(f"{PAGE}{name}/prove/").status_code == 404


def test_names_are_no_html(operator, folder):
    (folder / '"><img src=x>.tar.zst').write_bytes(b"")
    page = body(operator.get(PAGE))
    assert "<img src=x" not in page
    assert "Copied here" in page


def test_with_postgresql_it_says_what_to_use_instead(operator, settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    page = body(operator.get(PAGE))
    assert "pg_dump" in page
    assert "Make one now" not in page
    assert "No backups yet" not in page
    assert "pg_dump" in body(operator.post(f"{PAGE}start/", follow=True))
    assert not Backup.objects.exists()


@SQLITE
def test_the_night_makes_one(waiting):
    from ops.tasks import back_up

    back_up()
    assert Backup.objects.get().reason == Reason.NIGHTLY


def test_the_night_makes_none_of_postgresql(settings, monkeypatch):
    from ops.tasks import back_up

    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    back_up()
    assert not Backup.objects.exists()
