import pytest

from orgs.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_it_works(cast):
    entry = AuditEntry.note(cast.alice, "retried", "exports.exportjob:12", organization=cast.acme, attempts=3)
    assert (entry.actor_name, entry.details) == ("Alice <alice@acme.test>", {"attempts": 3})
    assert str(entry) == "Alice <alice@acme.test> retried exports.exportjob:12"


def test_it_outlives_the_person(cast):
    entry = AuditEntry.note(cast.bob, "paused", "queue emails")
    cast.bob.delete()
    entry.refresh_from_db()
    assert (entry.actor, entry.actor_name) == (None, "Bob <bob@acme.test>")


def test_what_the_installation_does_by_itself_has_its_name(db):
    assert AuditEntry.note(None, "restored", "roost.tar.zst").actor_name == "Roost"


def test_long_names_are_cut_to_what_fits(cast):
    assert len(AuditEntry.note(cast.alice, "deleted", "x" * 1000).target) == 320
