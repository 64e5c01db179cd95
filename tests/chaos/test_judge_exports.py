"""What a kill test says of the files of exports: written here by the product, judged by the tool."""

import hashlib
import json

import pytest

from bench.chaos.proof import exports
from bench.chaos.proof.readers import plain, read
from exports.columns import COLUMNS
from exports.writers import FORMATS
from tests.exports.nasty import make_nasty_tasks, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def written(cast, tmp_path):
    """written(format) are the row of an export, as a mapping, and its file's bytes."""
    tasks = make_nasty_tasks(cast.acme, cast.carol)

    def build(export_format):
        path = tmp_path / "file"
        result = write(path, tasks, export_format, COLUMNS)
        job = {
            "id": 1,
            "export_format": export_format,
            "columns": json.dumps(list(COLUMNS)),
            "size": result.size,
            "sha256": result.sha256,
            "progress": result.rows,
            "total": result.total,
        }
        return job, path.read_bytes()

    return build


@pytest.fixture
def tasks(cast, django_db_blocker):
    """The tasks as plain SQL gives them, once they are there."""
    from django.db import connection

    def load():
        if connection.vendor != "sqlite":
            pytest.skip("a kill test has SQLite")
        with connection.cursor() as cursor:
            cursor.execute(exports.ARCHIVE.replace("?", "%s"), [cast.acme.pk])
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, (raw(value) for value in row), strict=True)) for row in cursor]

    return load


def raw(value):
    """What SQLite itself holds: Django's connection makes dates and times of it."""
    return value if value is None or isinstance(value, int | str) else str(value).removesuffix("+00:00")


def manifest_of(job, data):
    return {
        "export": job["id"],
        "format": job["export_format"],
        "columns": list(COLUMNS),
        "rows": job["progress"],
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


@pytest.mark.parametrize("export_format", FORMATS)
def test_it_works(written, tasks, export_format):
    job, data = written(export_format)
    assert not exports.judge_facts(job, data, manifest_of(job, data))
    header, lines = read(plain(data, export_format), export_format)
    there = tasks()
    assert not exports.judge_values(job, header, lines, there)

    there[7]["description"] = "changed"
    assert "description" in exports.judge_values(job, header, lines, there)[0]
    assert exports.judge_values(job, header, lines[:-1], there) == [f"{len(there) - 1} rows instead of {len(there)}"]


def test_a_file_that_is_not_what_its_row_says_is_told(written):
    job, data = written("csv")
    manifest = manifest_of(job, data)
    assert any("sha256" in words for words in exports.judge_facts(job, data[:-1], manifest))
    assert any("rows" in words for words in exports.judge_facts({**job, "total": 5}, data, manifest))
