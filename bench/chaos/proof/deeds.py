"""Everything that people were told has happened, and nothing that they were told has not."""

from collections import Counter, defaultdict

from bench.chaos import database
from bench.chaos.ledger import ABSENT, Ledger, Outcome
from bench.chaos.proof import Check

QUERIES = {
    "task": "SELECT title AS words, status || '|' || description AS state FROM orgs_task WHERE title LIKE 'Chaos %'",
    "article": "SELECT title AS words, status AS state FROM articles_article WHERE title LIKE 'Chaos %'",
    "comment": "SELECT body AS words, status AS state FROM articles_comment WHERE body LIKE 'Well said: %'",
}


def check(connection, ledger: Ledger) -> Check:
    result = Check("people: what they were told is what is there")
    for kind, query in QUERIES.items():
        found = defaultdict(list)
        for row in database.rows(connection, query):
            found[row["words"].rpartition(" ")[2]].append(row["state"])
        for thing in ledger.things:
            if thing.kind == kind:
                result.wrong += judge(thing, found.pop(thing.token, []))
        result.wrong += [f"{kind} {token} is nobody's" for token in found]
    result.wrong += _exports(connection, ledger) + _others(connection, ledger)
    outcomes = Counter()
    for (_, outcome), count in ledger.outcomes.items():
        outcomes[outcome] += count
    counts = ", ".join(f"{outcomes[outcome]:,} {outcome.value}" for outcome in Outcome)
    result.proven = f"{outcomes.total():,} actions ({counts}), {len(ledger.things):,} things made"
    return result


def judge(thing, states) -> list[str]:
    """What is wrong with the rows (their states) of a thing."""
    label = f"{thing.kind} {thing.token} of {thing.owner}"
    if len(states) > 1:
        return [f"{label} is there {len(states)} times"]
    possible = {"|".join(state) if isinstance(state, tuple) else state for state in thing.possible}
    state = states[0] if states else ABSENT
    return [] if state in possible else [f"{label} is {state}, and should be {' or '.join(map(str, possible))}"]


def _exports(connection, ledger):
    query = (
        "SELECT job.id, job.status, email FROM exports_exportjob AS job "
        "LEFT JOIN accounts_user AS person ON person.id = requested_by_id WHERE saved_export_id IS NULL"
    )
    rows = {row["id"]: row for row in database.rows(connection, query)}
    wrong, extra = list(ledger.wrong_downloads), Counter()
    for export in ledger.exports.values():
        if export.id not in rows:
            wrong.append(f"export {export.id} was accepted and is not there")
        elif export.is_cancelled and rows[export.id]["status"] != "cancelled":
            wrong.append(f"export {export.id} was cancelled and is {rows[export.id]['status']}")
    for row in rows.values():
        if row["id"] not in ledger.exports:
            extra[row["email"].partition("@")[0]] += 1
    for person, count in extra.items():
        if count > ledger.unclear_exports[person]:
            wrong.append(f"{person} has {count} exports more than {person} asked for")
    return wrong


def _others(connection, ledger):
    invited = {
        (row["slug"], row["email"])
        for row in database.rows(
            connection,
            "SELECT slug, email FROM orgs_invitation AS i JOIN orgs_organization AS o ON o.id = i.organization_id",
        )
    }
    wrong = [f"{email} was invited to {slug}, and nobody knows of it" for slug, email in ledger.invited - invited]
    query = "SELECT recipient, count(*) AS count FROM mail_email WHERE kind = 'account' GROUP BY recipient"
    written = Counter({row["recipient"]: row["count"] for row in database.rows(connection, query)})
    for email, asked in ledger.resets.items():
        least = asked[Outcome.DONE]
        if not least <= written[email] <= least + asked[Outcome.UNCLEAR]:
            wrong.append(f"{email} was promised {least} resets of a password and got {written[email]}")
    tests = {row["id"] for row in database.rows(connection, "SELECT id FROM mail_deliverytest")}
    wrong += [f"delivery test {test} was accepted and is not there" for test in ledger.delivery_tests - tests]
    query = (
        "SELECT email, s.name FROM exports_savedexport AS s JOIN accounts_user AS person ON person.id = requested_by_id"
    )
    saved = {(row["email"].partition("@")[0], row["name"]) for row in database.rows(connection, query)}
    return wrong + [f"the recurring export {name} of {person} is not there" for person, name in ledger.saved - saved]
