"""The same lines from PostgreSQL, through COPY. Skipped where no server answers at ROOST_TEST_POSTGRESQL."""

import csv
import json
import os
import time

import openpyxl
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from openpyxl.utils.escape import unescape

from accounts.models import User
from exports.columns import COLUMNS
from orgs.models import Organization
from tests.exports.nasty import CREATED, TEXTS, in_order, make_nasty_tasks, write
from tests.exports.test_write_csv import harmless
from tests.exports.test_write_files import Enough

SERVER = os.environ.get("ROOST_TEST_POSTGRESQL", "postgres://postgres@127.0.0.1:5432/postgres")
NAME = f"roost_test_{os.getpid()}"


@pytest.fixture(scope="module")
def organization(django_db_setup, django_db_blocker):
    """Acme with its nasty tasks, in a PostgreSQL database of its own that Django knows as `postgresql`."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL: {error}")
    server.execute(f"CREATE DATABASE {NAME} ENCODING 'UTF8' TEMPLATE template0")
    options = {"HOST": server.info.host, "PORT": server.info.port, "USER": server.info.user}
    password = {"PASSWORD": server.info.password}
    connections.settings["postgresql"] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.postgresql",
        "NAME": NAME,
        "OPTIONS": {},
        **options,
        **password,
    }
    try:
        with django_db_blocker.unblock():
            for app in ("accounts", "orgs"):
                call_command("migrate", app, database="postgresql", verbosity=0)
            yield make_organization()
    finally:
        connections["postgresql"].close()
        del connections["postgresql"]
        del connections.settings["postgresql"]
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        server.close()


def make_organization():
    (carol,) = User.objects.using("postgresql").bulk_create([User(email="carol@acme.test")])
    organization = Organization.objects.using("postgresql").create(slug="acme", name="Acme")
    make_nasty_tasks(organization, carol)
    return organization


def test_it_works(organization, tmp_path):
    tasks = list(in_order(organization).select_related("assigned_to"))
    assert len(tasks) == len(TEXTS)
    written = write(tmp_path / "file", in_order(organization), "jsonl", COLUMNS)
    assert written.rows == written.total == len(tasks)
    rows = [json.loads(line) for line in (tmp_path / "file").read_bytes().splitlines()]
    assert [(row["id"], row["title"], row["description"]) for row in rows] == [
        (task.pk, task.title, task.description) for task in tasks
    ]
    assert {row["created_at"] for row in rows} == {CREATED.isoformat()}
    assert [row["due_date"] for row in rows] == [task.due_date and task.due_date.isoformat() for task in tasks]


def test_csv_is_the_same(organization, tmp_path):
    write(tmp_path / "file", in_order(organization), "csv", ["id", "title", "assigned_to", "created_at"])
    with (tmp_path / "file").open(newline="", encoding="utf-8") as file:
        _, *rows = csv.reader(file, strict=True)
    tasks = in_order(organization).select_related("assigned_to")
    assert rows == [
        [str(task.pk), harmless(task.title), task.assigned_to.email if task.assigned_to else "", CREATED.isoformat()]
        for task in tasks
    ]


def test_xlsx_is_the_same(organization, tmp_path):
    write(tmp_path / "file.xlsx", in_order(organization), "xlsx", COLUMNS)
    _, *rows = openpyxl.load_workbook(tmp_path / "file.xlsx").active.iter_rows(values_only=True)
    tasks = in_order(organization)
    assert [(row[0], unescape(row[1] or "")) for row in rows] == [(task.pk, task.title) for task in tasks]


def test_a_copy_is_stopped_at_once(organization, tmp_path):
    beats = []

    def beat(rows, total):
        beats.append(rows)
        if len(beats) == 2:
            raise Enough

    asleep = RawSQL("pg_sleep(60) IS NOT NULL", [], output_field=BooleanField())
    start = time.monotonic()
    with pytest.raises(Enough):
        write(tmp_path / "file", in_order(organization).filter(asleep), "csv", beat=beat)
    assert time.monotonic() - start < 5
