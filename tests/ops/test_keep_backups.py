"""Which backups are kept, and what is known of the files in the folder."""

from datetime import UTC, datetime, timedelta

import pytest

from ops.backups import catalog
from ops.backups.catalog import BackupFile, Reason

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday


#: A note that somebody else might have made.
NO_MANIFEST = '{"made_at": "2026-11-25", "reason": "nightly", "manifest": 1, "proven_at": null, "error": null}'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "FOLDER", tmp_path / "backups")
    return tmp_path / "backups"


@pytest.fixture
def add(folder):
    """add(days ago, reason, …) makes a file and what is known of it."""

    def add(days, reason=Reason.NIGHTLY, *, proven=True, hours=0):
        made_at = NOON - timedelta(days=days, hours=hours)
        path = catalog.new_path(made_at)
        path.write_bytes(b"an archive")
        backup = BackupFile(path, 10, made_at, reason, {"rows": {"a": 1, "b": 2}}, made_at if proven else None)
        backup.note()
        return backup

    return add


def ages():
    """How many days old those are that are there, newest first."""
    return [(NOON - backup.made_at).days for backup in catalog.backups()]


def test_it_works(add):
    for days in range(40):
        add(days)
    dropped = catalog.prune()
    # Seven days, and the newest of four weeks, which begin on Mondays: this one's and three Sundays'.
    assert ages() == [0, 1, 2, 3, 4, 5, 6, 10, 17]
    assert len(dropped) == 31
    assert len(list(catalog.FOLDER.iterdir())) == 2 * 9


def test_what_is_known_of_one_comes_back(add):
    backup = add(1, Reason.UPDATE)
    assert catalog.backups() == [backup]
    assert (backup.rows, backup.is_ours, backup.is_tried) == (3, True, True)
    assert catalog.find(backup.name) == backup
    assert catalog.find("../secret_key") is None


def test_a_proven_one_stands_for_its_day(add):
    proven = add(1, hours=5)
    add(1, proven=False)
    add(0)
    catalog.prune()
    assert catalog.backups()[1] == proven


def test_the_last_proven_one_is_kept_however_old(add):
    for days in range(20):
        add(days, proven=False)
    add(60)
    catalog.prune()
    assert ages()[-1] == 60
    assert catalog.last_proven() == catalog.backups()[-1]


def test_others_have_numbers_of_their_own(add):
    for days in range(20):
        add(days, Reason.BY_HAND)
        add(days, Reason.UPDATE, hours=1)
    catalog.prune()
    reasons = [backup.reason for backup in catalog.backups()]
    assert (reasons.count(Reason.BY_HAND), reasons.count(Reason.UPDATE)) == (5, 3)


def test_what_somebody_copied_here_is_listed_and_stays(add, folder):
    for days in range(20):
        add(days)
    (folder / "from the old server.tar.zst").write_bytes(b"an archive")
    (folder / "roost-20200131T023000Z.tar.zst").write_bytes(b"an archive")
    (folder / "roost-20209999T023000Z.tar.zst").write_bytes(b"an archive")
    (folder / "notes.txt").write_text("not one")
    catalog.prune()
    copied = [backup for backup in catalog.backups() if not backup.is_ours]
    assert {backup.name for backup in copied} == {
        "from the old server.tar.zst",
        "roost-20200131T023000Z.tar.zst",
        "roost-20209999T023000Z.tar.zst",
    }
    assert copied[-1].made_at == datetime(2020, 1, 31, 2, 30, tzinfo=UTC)
    assert not any(backup.is_tried or backup.rows for backup in copied)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"made_at": 3}', '{"made_at": "x", "reason": "x"}', NO_MANIFEST])
def test_a_note_that_cannot_be_read_is_none(add, note):
    backup = add(0)
    backup.path.with_name(backup.name.replace(".tar.zst", ".json")).write_text(note)
    [found] = catalog.backups()
    assert (found.reason, found.made_at) == (Reason.COPIED, backup.made_at)


def test_two_of_the_same_second_have_names_of_their_own(add):
    names = {add(0).name, add(0).name, add(0).name}
    assert names == {
        "roost-20261125T120000Z.tar.zst",
        "roost-20261125T120000Z-2.tar.zst",
        "roost-20261125T120000Z-3.tar.zst",
    }
    assert len(catalog.backups()) == 3


def test_without_a_folder_there_are_none(folder):
    assert catalog.backups() == []
    assert catalog.last_proven() is None
