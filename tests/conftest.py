import fcntl
import gc
import shutil
from contextlib import contextmanager

import pytest
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.core.management import call_command
from django.db import connection, connections
from django.db.models.signals import post_migrate
from huey.signals import SIGNAL_ERROR
from xdist.scheduler import LoadScopeScheduling

from config.queues import QUEUES, WakingSqliteStorage
from tests.cast import make_cast
from tests.consumer import Installation


class OneBrowser(LoadScopeScheduling):
    """Each module goes to one process as a whole, as `loadscope` says, and so does all of tests/browser: its
    tests share an installation and a browser."""

    def _split_scope(self, nodeid):
        return "tests/browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return OneBrowser(config, log)


def pytest_collection_finish():
    """What stands in memory now stays there: Python need not look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture(autouse=True)
def immediate_queues(request):
    """Jobs run where they are rung, at once; one that breaks fails the test unless that asks for `job_errors`.

    A test with an `installation` has real queues instead.
    """
    errors = []
    if "installation" in request.fixturenames:
        yield errors
        return

    def note(signal, task, error):
        errors.append(error)

    # Huey makes a new storage at each change of `immediate`, and tests of the module's installation may still come.
    storages = {queue: queue.storage for queue in QUEUES.values()}
    for queue in QUEUES.values():
        queue.immediate = True
        queue.signal(SIGNAL_ERROR)(note)
    yield errors
    for queue, storage in storages.items():
        queue.immediate = False
        queue.storage = storage
        queue.disconnect_signal(note, SIGNAL_ERROR)
    if errors and "job_errors" not in request.fixturenames:
        raise errors[0]


@pytest.fixture
def job_errors(immediate_queues):
    """What jobs raised that is neither retryable nor a JobFailed: the defects. Ask for it where one is expected."""
    return immediate_queues


@pytest.fixture
def meanwhile():
    """with meanwhile(change, before="SELECT"): somebody else's `change` comes just before the first such statement."""

    @contextmanager
    def interfere(change, before):
        pending = [change]

        def watch(execute, sql, *arguments):
            if pending and sql.startswith(before):
                pending.pop()()
            return execute(sql, *arguments)

        with connection.execute_wrapper(watch):
            yield
        assert not pending

    return interfere


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory, worker_id, django_db_blocker):
    """The file of a migrated SQLite database without data, to be copied: to migrate takes seconds.

    The processes of a run share it, and whichever needs it first makes it.
    """
    if connections["default"].vendor != "sqlite":
        pytest.skip("an installation is one with SQLite files")
    run = tmp_path_factory.getbasetemp()
    file = (run if worker_id == "master" else run.parent) / "migrated.sqlite3"
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            draft = tmp_path_factory.mktemp("migrated") / file.name
            with django_db_blocker.unblock(), default_database(draft):
                call_command("migrate", run_syncdb=True, verbosity=0)
            draft.rename(file)
    return file


@pytest.fixture(scope="session")
def starts_as_copy(request):
    """Whether the database of tests begins as a copy of the migrated one."""
    asked = request.config.getoption
    return connections["default"].vendor == "sqlite" and not (asked("create_db") or asked("nomigrations"))


@pytest.fixture(scope="session")
def django_db_keepdb(starts_as_copy, django_db_keepdb):
    return starts_as_copy or django_db_keepdb


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, starts_as_copy, django_db_modify_db_settings):
    if starts_as_copy:
        shutil.copy(request.getfixturevalue("migrated_database"), connections["default"].settings_dict["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """A test that commits is followed by a flush, after which Django would make the rows of all permissions anew.

    Roost asks for none of them, and they would take several times as long as the flush.
    """
    uid = "django.contrib.auth.management.create_permissions"
    assert post_migrate.disconnect(create_contenttypes)
    assert post_migrate.disconnect(create_permissions, dispatch_uid=uid)


@pytest.fixture(scope="module")
def installation(tmp_path_factory, django_db_setup, django_db_blocker, migrated_database):
    """An installation of the module's own: this process is its web, with a real database file and real queues.

    The database of the other tests must be there before it: to be made later would lead this process to it.
    """
    folder = tmp_path_factory.mktemp("installation")
    shutil.copy(migrated_database, folder / "roost.sqlite3")
    with django_db_blocker.unblock(), data_of(folder):
        yield Installation(folder)


@contextmanager
def data_of(folder):
    """Within the block, this process works with the database and the queues in the `folder` of an installation."""
    with default_database(folder / "roost.sqlite3"):
        for name, queue in QUEUES.items():
            queue.storage = WakingSqliteStorage(name, str(folder / f"queue-{name}.sqlite3"))
        try:
            yield
        finally:
            for queue in QUEUES.values():
                queue.storage.close()
                queue.storage = queue.create_storage()


@contextmanager
def default_database(file):
    """Within the block, the default database of this process is a SQLite `file`, in every thread."""
    settings, kept = connections.settings["default"], connections["default"]
    connections.settings["default"] = {**settings, "NAME": str(file)}
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()  # the last one: what stands in the write-ahead log goes into the file
        connections.settings["default"] = settings
        connections["default"] = kept
