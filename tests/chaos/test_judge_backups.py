"""What a kill test says of an archive, which it reads without the product."""

import hashlib
import io
import json
import tarfile
from contextlib import closing

import pytest
import zstandard

from bench.chaos.proof.backups import judge
from config.sqlite import sqlite3


@pytest.fixture
def pack(tmp_path):
    """pack() is an archive with `rows` rows, whose manifest tells `told`; `spoil`: and another digest."""

    def build(rows=3, told=3, spoil=False):
        with closing(sqlite3.connect(tmp_path / "roost.sqlite3")) as connection:
            connection.execute("CREATE TABLE tasks (id INTEGER)")
            connection.executemany("INSERT INTO tasks VALUES (?)", [(number,) for number in range(rows)])
            connection.commit()
        data = (tmp_path / "roost.sqlite3").read_bytes()
        digest = hashlib.sha256(b"other" if spoil else data).hexdigest()
        manifest = {"rows": {"tasks": told}, "members": [{"name": "roost.sqlite3", "sha256": digest}]}
        path = tmp_path / "roost.tar.zst"
        with (
            path.open("wb") as file,
            zstandard.ZstdCompressor().stream_writer(file) as packed,
            tarfile.open(fileobj=packed, mode="w|") as tar,
        ):
            for name, content in (("roost.sqlite3", data), ("manifest.json", json.dumps(manifest).encode())):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path

    return build


def test_it_works(pack):
    assert judge(pack()) == ({"tasks": 3}, [])


def test_missing_rows_are_told(pack):
    assert judge(pack(rows=2))[1] == ["roost.tar.zst: the database has not the rows that the manifest tells"]


def test_a_member_that_is_another_one_is_told(pack):
    assert judge(pack(spoil=True))[1] == ["roost.tar.zst: roost.sqlite3 is not what the manifest says"]
