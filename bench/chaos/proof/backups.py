"""A backup that was made while all of that happened, and one from afterwards, can be read by anybody.

Unpacked here with Python's own tar and the `zstandard` library, as an operator would with `tar --zstd`.
"""

import hashlib
import json
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

import zstandard

from bench.chaos import database
from bench.chaos.proof import Check


def check(connection, folder: Path) -> Check:
    """`folder`: of the archives. `connection`: to the database, to which nobody writes any more."""
    result = Check("backups: each is proven or says why not, the last one holds everything")
    archives = sorted(folder.glob("*.tar.zst"), key=lambda path: path.stat().st_mtime)
    proven = []
    for path in archives:
        known = json.loads(path.with_name(f"{path.name.removesuffix('.tar.zst')}.json").read_bytes())
        proven += [path] if known["proven_at"] else []
        if not known["proven_at"] and not known["error"]:
            result.wrong.append(f"{path.name} is neither proven nor is it said why not")
    if not proven or archives[-1] != proven[-1]:
        result.wrong.append("the backup that was made when all was well again is not proven")
        return result
    found, wrong = judge(archives[-1])
    result.wrong += wrong
    for table in ("orgs_task", "accounts_user", "articles_article", "exports_exportjob"):
        there = database.rows(connection, f"SELECT count(*) FROM {table}")[0][0]
        if found.get(table) != there:
            result.wrong.append(f"{table}: {found.get(table)} rows in {archives[-1].name}, {there} in the database")
    result.proven = (
        f"{len(archives)} archives, {len(proven)} proven by the product; {sum(found.values()):,} rows read here"
    )
    return result


def judge(path: Path):
    """The rows of each table in the database of an archive, and what is wrong with the archive."""
    wrong, seen = [], {}
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "roost.sqlite3"
        with (
            path.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file) as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            for member in tar:
                data = tar.extractfile(member).read()
                seen[member.name] = hashlib.sha256(data).hexdigest()
                if member.name == copy.name:
                    copy.write_bytes(data)
        manifest = json.loads(data)  # the last member
        for member in manifest["members"]:
            if seen.get(member["name"]) != member["sha256"]:
                wrong.append(f"{path.name}: {member['name']} is not what the manifest says")
        with closing(database.connect(copy)) as connection:
            if (words := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                wrong.append(f"{path.name}: integrity_check: {words}")
            counts = {name: _count(connection, name) for name in manifest["rows"]}
    if counts != manifest["rows"]:
        wrong.append(f"{path.name}: the database has not the rows that the manifest tells")
    return counts, wrong


def _count(connection, table):
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
