"""Exporting: at once and again and again, cancelling, following, downloading."""

from bench.chaos.downloads import fetch
from bench.chaos.ledger import Export, Outcome
from bench.chaos.visitor import JSON

FORMATS = ("csv", "xlsx", "jsonl", "csv.gz", "xlsx.gz", "jsonl.gz")
COLUMNS = (
    *("id", "title", "description", "status", "priority", "assigned_to", "due_date", "created_by"),
    *("created_at", "updated_at", "completed_at"),
)


class Exports:
    def start_export(self, rng):
        wanted = {"export_format": rng.choice(FORMATS), "notify": rng.choice(("true", "false"))}
        if rng.random() < 0.4:
            wanted["status"] = rng.choice(("open", "done"))
        return self._start(wanted)

    def export_everything(self, rng):
        columns = rng.choice((COLUMNS, COLUMNS, ("id", "title", "status")))
        return self._start({"export_format": rng.choice(FORMATS), "columns": ",".join(columns)})

    def _start(self, wanted):
        outcome, answer = self.send("start_export", f"{self.at}/tasks/exports/start/", wanted, JSON, (202,))
        if outcome is Outcome.DONE:
            number = answer.json()["job_id"]
            self.ledger.exports[number] = Export(number, self.somebody.organization, self.who, wanted)
        elif outcome is Outcome.UNCLEAR:
            self.ledger.unclear_exports[self.who] += 1
        return outcome

    def cancel_export(self, rng):
        mine = [export for export in self.ledger.exports_of(self.who) if not export.is_cancelled]
        if not mine:
            return None
        export = mine[-1]
        path = f"{self.at}/tasks/exports/{export.id}/cancel/"
        outcome, answer = self.send("cancel_export", path, accept=JSON, good=(200,))
        export.is_cancelled = outcome is Outcome.DONE and answer.json()["status"] == "cancelled"
        return outcome

    def download(self, rng):
        """Fetch a file, going on where the line broke, and compare it with its own name (its ETag is its SHA-256)."""
        fresh = [e for e in self.ledger.exports_of(self.who) if not e.is_fetched and not e.is_cancelled]
        for export in fresh[-3:]:
            outcome, answer = self.look("follow_export", f"{self.at}/tasks/exports/{export.id}/", JSON)
            if outcome is Outcome.DONE and answer.json()["has_file"]:
                return self._fetch(export)
        return None

    def _fetch(self, export):
        download = fetch(self.visitor, f"{self.at}/tasks/exports/{export.id}/download/")
        self.ledger.resumed += download.resumed
        if download.wrong:
            self.ledger.wrong_downloads.append(f"export {export.id}: {download.wrong}")
        if not download.is_whole:
            return Outcome.REFUSED
        export.is_fetched = True
        self.ledger.fetched_bytes += download.size
        return Outcome.DONE

    def save_export(self, name, hour):
        """A recurring export, each day at that hour."""
        fields = {"name": name, "frequency": "daily", "weekday": 1, "month_day": 1, "hour": hour}
        fields |= {"export_format": "csv", "columns": "id,title"}
        outcome, _ = self.send("save_export", f"{self.at}/tasks/exports/recurring/new/", fields)
        if outcome is Outcome.DONE:
            self.ledger.saved.add((self.who, name))
        return outcome
