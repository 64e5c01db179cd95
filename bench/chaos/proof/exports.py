"""Every finished export is complete and right.

Each file is what its row and its manifest say. Of an organization whose tasks change, the file holds every task that
was there all the time, and none from afterwards. Of the archive, whose tasks nobody changes, each value is compared
with the database's.
"""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.chaos import database
from bench.chaos.proof import Check, moment
from bench.chaos.proof.readers import plain, read

#: Before what a cell of a CSV gets an apostrophe (https://owasp.org/www-community/attacks/CSV_Injection), also where it
#: begins with apostrophes already, so that taking one away gives back what was written.
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
#: A spreadsheet's clock is not finer.
TICK = timedelta(milliseconds=2)

ARCHIVE = """
    SELECT task.id, title, description, status, priority, assignee.email AS assigned_to, due_date,
           creator.email AS created_by, created_at, updated_at, completed_at
    FROM orgs_task AS task
    LEFT JOIN accounts_user AS assignee ON assignee.id = assigned_to_id
    LEFT JOIN accounts_user AS creator ON creator.id = created_by_id
    WHERE organization_id = ? ORDER BY created_at DESC, task.id DESC
"""


def check(connection, media: Path, acknowledged: dict[str, float]) -> Check:
    """`media`: the folder of files; `acknowledged`: by token, when people were told that their task is there."""
    result = Check("exports: every finished one complete and right")
    jobs = database.rows(
        connection,
        "SELECT job.*, slug FROM exports_exportjob AS job JOIN orgs_organization AS o ON o.id = organization_id "
        "WHERE job.status = 'done' ORDER BY job.id",
    )
    verified, values, rows = set(), 0, 0
    for job in jobs:
        path = media / "exports" / str(job["organization_id"]) / job["file"]
        try:
            data = path.read_bytes()
            manifest = json.loads(path.with_name(f"{path.name}.json").read_bytes())
        except (OSError, ValueError) as error:
            result.wrong.append(f"export {job['id']}: {error!r}")
            continue
        wrong = judge_facts(job, data, manifest)
        rows += job["progress"]
        content = plain(data, job["export_format"]) if not wrong else b""
        digest = hashlib.sha256(content).digest(), job["columns"], job["organization_id"]
        # The same bytes with the same columns are right once and for all; where tasks change, "right" is another thing.
        if not wrong and (digest not in verified or job["slug"] != "archive"):
            header, lines = read(content, job["export_format"])
            if job["slug"] == "archive":
                wrong = judge_values(job, header, lines, database.rows(connection, ARCHIVE, job["organization_id"]))
                values += sum(map(len, lines))
                verified.add(digest)
            else:
                wrong = _judge_rows(connection, job, header, lines, acknowledged)
        result.wrong += [f"export {job['id']} ({job['slug']}, {job['export_format']}): {words}" for words in wrong]
    result.proven = (
        f"{len(jobs):,} files with {rows:,} rows are what their rows and manifests say; "
        f"{values:,} values of {len(verified)} different files compared one by one"
    )
    return result


def judge_facts(job, data: bytes, manifest) -> list[str]:
    """What does not fit among a row, its file and its manifest."""
    digest = hashlib.sha256(data).hexdigest()
    facts = {
        "size": (job["size"], len(data), manifest["bytes"]),
        "sha256": (job["sha256"], digest, manifest["sha256"]),
        "rows": (job["progress"], job["total"], manifest["rows"]),
        "export": (job["id"], manifest["export"]),
        "format": (job["export_format"], manifest["format"]),
        "columns": (json.loads(job["columns"]), manifest["columns"]),
    }
    return [f"{name}: {values} differ" for name, values in facts.items() if any(v != values[0] for v in values)]


def judge_values(job, header, lines, tasks) -> list[str]:
    """What differs between the lines of a file and the tasks of the archive, each a mapping."""
    wanted = json.loads(job["columns"])
    if lines and header != wanted:
        return [f"columns {header} instead of {wanted}"]
    if len(lines) != len(tasks):
        return [f"{len(lines)} rows instead of {len(tasks)}"]
    cell = {"csv": csv_cell, "xlsx": xlsx_cell, "jsonl": jsonl_cell}[job["export_format"].removesuffix(".gz")]
    for line, task in zip(lines, tasks, strict=True):
        for name, found in zip(wanted, line, strict=True):
            right = cell(name, task[name])
            if not _is_same(found, right):
                return [f"task {task['id']}: {name} is {found!r:.80} instead of {right!r:.80}"]
    return []


def _judge_rows(connection, job, header, lines, acknowledged):
    if len(lines) != job["progress"]:
        return [f"{len(lines)} rows in the file, and {job['progress']} in the row"]
    if "id" not in header or json.loads(job["filters"]):
        return []
    found = [int(line[header.index("id")]) for line in lines]
    query = "SELECT id, title FROM orgs_task WHERE organization_id = ?"
    there, started = set(), moment(job["started_at"])
    for row in database.rows(connection, query, job["organization_id"]):
        mark, _, token = row["title"].rpartition(" ")
        # The time in a row is from before it waited for its turn to be written; those without a mark were always there.
        if mark != "Chaos" or acknowledged.get(token, started) < started:
            there.add(row["id"])
    query = "SELECT id FROM orgs_task WHERE organization_id != ? OR created_at > ?"
    foreign = {row["id"] for row in database.rows(connection, query, job["organization_id"], job["finished_at"])}
    wrong = [f"holds task {task} {count} times" for task, count in Counter(found).items() if count > 1]
    if missing := there - set(found):
        wrong.append(f"lacks {len(missing)} tasks that were there, such as {min(missing)}")
    if surplus := foreign & set(found):
        wrong.append(f"holds {len(surplus)} tasks of others or of later, such as {min(surplus)}")
    return wrong


# ---- what a value of the database is in each format

TEXTS = {"title", "description", "assigned_to", "created_by"}
TIMES = {"created_at", "updated_at", "completed_at"}


def csv_cell(name, value):
    if value is None:
        return ""
    if name in TEXTS:
        return f"'{value}" if value.lstrip("'").startswith(DANGEROUS) else value
    return f"{value.replace(' ', 'T')}+00:00" if name in TIMES else str(value)


def jsonl_cell(name, value):
    return f"{value.replace(' ', 'T')}+00:00" if name in TIMES and value else value


def xlsx_cell(name, value):
    if name in TIMES and value:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if name == "due_date" and value and value >= "1900-03-01":
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def _is_same(found, right):
    if isinstance(found, datetime) and isinstance(right, datetime):
        return abs(found.replace(tzinfo=UTC) - right) <= TICK
    return found == right or {found, right} == {None, ""}  # a cell without text is empty, however it is written
