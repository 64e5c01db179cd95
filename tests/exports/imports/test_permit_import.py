"""Who may import, see an import, and be named in one, up to its last moment."""

from contextlib import closing

import pytest

from accounts.models import User
from exports.imports.models import TaskImport
from jobs.models import Status
from jobs.runner import run
from orgs.models import Arrival, Role, Task
from tests.exports.builders import make_upload, run_import
from tests.exports.imports.uploads import IMPORTS, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_worker")]


def test_members_write_as_themselves(cast, program):
    upload = send(program, "title,created_by,created_at\r\nA,alice@acme.test,2020-01-01\r\n").json()
    assert upload["mapping"] == {"title": 0}
    started = program.post(upload["upload_url"], {"created_by": 1, "created_at": 2}).json()
    run(TaskImport, started["job_id"])
    task = cast.acme.tasks.get()
    assert task.created_by == cast.carol
    assert task.created_at.year > 2020


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, None])
def test_whoever_may_no_longer_keep_history_when_it_runs_does_not(cast, role):
    upload = make_upload(cast.acme, cast.bob, "title,created_at\r\nA,2020-01-01\r\n")
    job = TaskImport.start(upload, cast.bob, mapping={"title": 0, "created_at": 1})
    membership = cast.acme.memberships.filter(user=cast.bob)
    _ = membership.update(role=role) if role else membership.delete()
    run(TaskImport, job.pk)
    job.refresh_from_db()
    assert (job.status, job.imported) == (Status.FAILED, 0)
    assert "may no longer import" in job.error
    assert not cast.acme.tasks.exists()


def test_an_import_is_its_person_s_and_those_who_see_all(cast, visit, erin):
    def status(person, address):
        with closing(visit(person).client.get(address)) as answer:
            return answer.status_code

    job = run_import(cast.acme, cast.carol, "title,status\r\nA,wrong\r\n")
    seen = {
        person.name: [status(person, f"{IMPORTS}{job.pk}/{end}") for end in ("", "rejected/")]
        for person in (cast.alice, cast.bob, cast.carol, erin, cast.dave, cast.mallory)
    }
    assert seen == {
        "Alice": [200, 200],
        "Bob": [200, 200],
        "Carol": [200, 200],
        "Erin": [404, 404],
        "Dave": [404, 403],
        "Mallory": [404, 404],
    }
    assert visit(cast.bob).client.get(f"{IMPORTS}files/{job.upload_id}/").status_code == 404
    assert visit(cast.mallory).client.get(f"/orgs/elsewhere/tasks/imports/{job.pk}/").status_code == 404


@pytest.fixture
def naming_carol(cast):
    """Alice's import of a task that is Carol's."""
    upload = make_upload(cast.acme, cast.alice, "title,assigned_to\r\nA,carol@acme.test\r\n")
    return TaskImport.start(upload, cast.alice, mapping={"title": 0, "assigned_to": 1})


def run_twice(job):
    """Run two attempts of the job; returns how it was after the first one, and its errors at the end."""
    run(TaskImport, job.pk)
    job.refresh_from_db()
    first = job.status
    TaskImport.objects.update(run_after=job.created_at)
    run(TaskImport, job.pk)
    assert not Arrival.objects.exists()
    assert not Task._base_manager.exists()
    return first, [row.errors for row in job.rejected_rows.all()]


NO_MEMBER = [
    ["assigned_to", "“carol@acme.test” is no member: add them first, correct it, or have unknown people left out"]
]


def test_whoever_leaves_before_the_rows_are_written_makes_them_wrong(cast, naming_carol, monkeypatch):
    announce = Arrival.announce

    def leave_first(*args):
        cast.acme.memberships.filter(user=cast.carol).delete()
        return announce(*args)

    monkeypatch.setattr(Arrival, "announce", leave_first)
    assert run_twice(naming_carol) == (Status.PENDING, [NO_MEMBER])


def test_whoever_is_deleted_while_the_rows_are_written_makes_them_wrong(cast, naming_carol, monkeypatch):
    add = Arrival.add

    def delete_first(*args):
        User.objects.filter(pk=cast.carol.pk).delete()
        add(*args)

    monkeypatch.setattr(Arrival, "add", delete_first)
    assert run_twice(naming_carol) == (Status.PENDING, [NO_MEMBER])
