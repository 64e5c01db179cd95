"""The data folder: sound databases, and nothing left over."""

import re
from pathlib import Path

from bench.chaos import database
from bench.chaos.proof import Check

#: What a data folder holds while the product does not run.
KNOWN = re.compile(
    r"roost\.sqlite3(-wal|-shm)?|queue-(emails|exports)\.sqlite3(-wal|-shm|\.wake)?|secret_key|lock|uploads|media(/exports(/\d+)?)?"
    r"|logs(/roost\.jsonl(\.[1-4])?)?|backups(/roost-[^/]+\.(tar\.zst|json))?"
)


def leftovers(connection, data: Path) -> list[Path]:
    """Files of exports that no export knows: what killed attempts have left."""
    known = set()
    query = "SELECT organization_id, file FROM exports_exportjob WHERE status = 'done'"
    for row in database.rows(connection, query):
        path = data / "media" / "exports" / str(row["organization_id"]) / row["file"]
        known |= {path, path.with_name(f"{path.name}.json")}
    return [path for path in (data / "media").rglob("*") if path.is_file() and path not in known]


def check(connection, data: Path, collected: int) -> Check:
    """`collected`: how many leftovers the product has removed when it was told that they are old."""
    result = Check("folder: sound databases, nothing left over")
    for name in ("integrity_check", "foreign_key_check"):
        found = [tuple(row) for row in database.rows(connection, f"PRAGMA {name}")]
        if found not in ([("ok",)], []):
            result.wrong.append(f"PRAGMA {name}: {found[:3]}")
    result.wrong += [f"nobody's file: {path.relative_to(data)}" for path in leftovers(connection, data)]
    for path in sorted(data.rglob("*")):
        name = str(path.relative_to(data))
        if not KNOWN.fullmatch(name) and not name.startswith("media/exports/"):
            result.wrong.append(f"unknown: {name}")
    size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    result.proven = (
        f"integrity_check and foreign_key_check are ok; {size / 2**20:,.0f} MiB; "
        f"{collected} files of killed attempts were collected by the schedule that does that"
    )
    return result
