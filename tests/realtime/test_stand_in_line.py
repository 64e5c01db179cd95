"""Writers of events stand in line on PostgreSQL, and none of them waits for whoever stands behind it."""

import ast
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Signal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from exports.models import ExportJob
from orgs.models import Invitation
from realtime.models import Event
from tests.articles.builders import make_article
from tests.cast import make_cast, make_task, make_user
from tests.consumer import until
from tests.ops.alerts.test_lock_alerts import waits

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    path
    for folder in ("site", "orgs", "articles", "exports")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]


def locks(source):
    """Whether each `select_for_update` of a module leaves alone those who only refer to the row."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update":
            yield any(word.arg == "no_key" and word.value.value is True for word in node.keywords)


def test_it_works():
    assert list(locks("a.select_for_update(no_key=True)\na.select_for_update(of=('self',))")) == [True, False]
    assert sum(len(list(locks(path.read_text()))) for path in MODULES) > 10


def test_a_locked_row_may_be_referred_to():
    """FOR UPDATE would keep others from committing rows that refer to it, while whoever has it waits for their turn to
    write an event (https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS)."""
    wrong = [path for path in MODULES if not all(locks(path.read_text()))]
    assert not wrong


@contextmanager
def beside(work):
    """Does `work` in a thread beside the block; what it raises is raised after both."""

    def work_and_close():
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(work_and_close)
        yield
    future.result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_who_holds_a_person_does_not_hold_up_an_event_for_them():
    cast = make_cast()
    told = Signal()

    def tell():
        with transaction.atomic():
            Event.tell_people("export.changed", [cast.carol.pk], organization_id=cast.acme.pk)
            told.set()
            until(waits)

    with beside(tell):
        assert told.wait(20)
        ExportJob.start(cast.acme, cast.carol)
    assert ExportJob.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["orgs_task", "articles_article"])
def test_who_deletes_does_that_before_telling_of_it(table, cast):
    """As all others do: who stands in line may keep no one waiting who has yet to come to it."""
    with CaptureQueriesContext(connection) as queries:
        if table == "orgs_task":
            make_task(cast.acme, "Feed the hens").remove(cast.carol)
        else:
            article = make_article(cast.acme, author=cast.carol, status="published")
            article.delete()
    verbs = [query["sql"].replace('"', "")[:40] for query in queries]
    deleted = next(i for i, sql in enumerate(verbs) if sql.startswith(f"DELETE FROM {table} "))
    told = max(i for i, sql in enumerate(verbs) if sql.startswith("INSERT INTO realtime_event"))
    assert deleted < told


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_who_joins_and_whoever_ends_that_invitation_do_not_wait_for_each_other():
    cast = make_cast()
    erin = make_user("Erin")
    invitation = Invitation.send(cast.acme, erin.email, "member", cast.bob)
    used = Signal()

    def until_others_wait(execute, sql, parameters, many, context):
        if sql.startswith('INSERT INTO "orgs_membership"'):
            used.set()
            until(waits)
        return execute(sql, parameters, many, context)

    def join():
        with connection.execute_wrapper(until_others_wait):
            invitation.accept(erin)

    with beside(join):
        assert used.wait(20)
        cast.acme.memberships.get(user=cast.bob).remove(by=cast.alice)
    assert cast.acme.role_of(erin) == "member"
