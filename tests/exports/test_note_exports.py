"""Who exported and who downloaded what stands in the organization's audit log."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from exports.models import ExportJob, TooManyExports
from orgs.models import AuditEntry
from tests.exports.builders import make_saved_export


def entries():
    return [(entry.actor.name, entry.action, entry.about) for entry in AuditEntry.objects.order_by("pk")]


@pytest.fixture
def done(make_exports):
    (job,) = make_exports(1, file="1-1.csv", finished_at=timezone.now(), sha256="5ha", size=1024)
    job.folder.mkdir(parents=True, exist_ok=True)
    job.path.write_bytes(b"x" * 1024)
    return job


def test_it_works(cast, carol, done):
    carol.post("start/?status=open")
    (entry,) = AuditEntry.objects.all()
    job = ExportJob.objects.latest("pk")
    assert (entry.actor, entry.action, entry.target) == (cast.carol, "exported", job.label)
    assert (entry.organization, entry.about) == (cast.acme, f"acme-tasks-export-{job.pk}.csv")
    assert entry.details["filters"] == {"status": "open"}
    carol.get(f"{done.pk}/download/")
    assert entries()[-1] == ("Carol", "downloaded", f"acme-tasks-export-{done.pk}.csv")


def test_what_was_not_started_is_not_written_down(cast, make_exports):
    for _ in range(3):
        ExportJob.start(cast.acme, cast.carol)
    with pytest.raises(TooManyExports):
        ExportJob.start(cast.acme, cast.carol)
    assert len(entries()) == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        ExportJob.ask(cast.acme, cast.dave, export_format="exe")
    assert len(entries()) == 3


def test_a_recurring_one_is_written_down_too(cast):
    saved = make_saved_export(cast.acme, cast.carol)
    saved.run_slot(saved.next_slot, timezone.now(), 0)
    (entry,) = AuditEntry.objects.all()
    assert (entry.actor, entry.action, entry.details["recurring"]) == (cast.carol, "exported", saved.name)


def test_a_file_that_comes_in_parts_is_written_down_once_an_hour(carol, done, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    for start in (0, 256, 512):
        assert carol.get(f"{done.pk}/download/", Range=f"bytes={start}-{start + 255}").status_code == 206
    assert len(entries()) == 1
    time_machine.shift(timedelta(minutes=61))
    carol.get(f"{done.pk}/download/")
    assert len(entries()) == 2


def test_each_person_is_written_down(cast, carol, visit, done):
    for client in (carol, visit(cast.alice)):
        client.get(f"{done.pk}/download/")
    assert [who for who, *_ in entries()] == ["Carol", "Alice"]


def test_who_did_not_get_the_file_is_not(cast, carol, visit, done):
    carol.head(f"{done.pk}/download/")
    carol.get(f"{done.pk}/download/", **{"If-None-Match": '"5ha"'})
    carol.get(f"{done.pk}/download/", Range="bytes=5000-")
    visit(cast.dave).get(f"{done.pk}/download/")
    assert entries() == []
