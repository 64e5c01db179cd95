"""The people at work: each a thread that does what the plan says, and writes down what the answers were."""

import random
import threading
import time
import urllib.parse

from bench.chaos.cast import JOINERS, PASSWORD, PEOPLE, address
from bench.chaos.downloads import fetch
from bench.chaos.ledger import ABSENT, Export, Outcome, Thing
from bench.chaos.visitor import JSON, Answer, NoAnswer, NotSent, Visitor

FORMATS = ("csv", "xlsx", "jsonl", "csv.gz", "xlsx.gz", "jsonl.gz")
COLUMNS = (
    *("id", "title", "description", "status", "priority", "assigned_to", "due_date", "created_by"),
    *("created_at", "updated_at", "completed_at"),
)
#: Late by more than this many seconds, an action is left out: after an outage nobody does all at once what they missed.
LATE = 5


class Person(threading.Thread):
    """Arguments: `name`, in bench.chaos.cast.PEOPLE; `actions` of the plan, counted from `began` (time.monotonic())."""

    def __init__(self, name, port, ledger, actions):
        super().__init__(name=name, daemon=True)
        self.who = name
        self.somebody = PEOPLE[name]
        self.at = f"/orgs/{self.somebody.organization}"
        self.ledger = ledger
        self.actions = actions
        self.visitor = Visitor(port)
        self.began = None
        self.is_over = threading.Event()
        self.problem = None

    def run(self):
        try:
            for action in self.actions:
                if self.is_over.wait(max(self.began + action.at - time.monotonic(), 0)):
                    return
                if time.monotonic() - self.began - action.at < LATE:
                    self.do(action.verb, random.Random(action.seed))
        except Exception as error:  # noqa: BLE001 (a defect of this tool, which the main thread raises)
            self.problem = error

    def do(self, verb, rng):
        outcome = getattr(self, verb)(rng)
        if outcome is not None:  # there was something to do
            self.ledger.count(verb, outcome)

    # ---- requests

    def send(self, verb, path, fields=(), accept="text/html", good=(302,)):
        """POST. Returns the Outcome and the Answer, which is None where none came."""
        try:
            answer = self.visitor.post(path, fields, accept)
        except NotSent:
            self.ledger.note("nobody listened")
            return Outcome.REFUSED, None
        except NoAnswer:
            self.ledger.note("no answer")
            return Outcome.UNCLEAR, None
        return self.judge(verb, answer, good), answer

    def judge(self, verb, answer: Answer, good):
        if answer.status in good and "/accounts/login/" not in answer.location:
            return Outcome.DONE
        self.ledger.note(f"{answer.status} to {verb.replace('_', ' ')}")
        return Outcome.UNCLEAR if answer.status >= 500 else Outcome.REFUSED

    def look(self, verb, path, accept="text/html"):
        """GET. Returns the Outcome and the Answer, which is None where none came."""
        try:
            answer = self.visitor.get(path, accept)
        except (NotSent, NoAnswer) as error:
            self.ledger.note("nobody listened" if isinstance(error, NotSent) else "no answer")
            return Outcome.REFUSED, None
        return (Outcome.DONE if self.judge(verb, answer, (200,)) is Outcome.DONE else Outcome.REFUSED), answer

    # ---- tasks

    def create_task(self, rng):
        task = Thing("task", self.somebody.organization, self.who, token(rng))
        fields = {"title": f"Chaos {task.token}", "description": "new", "status": "open", "priority": 3}
        outcome, _ = self.send("create_task", f"{self.at}/tasks/new/", fields)
        task.tell(outcome, ("open", "new"))
        self.ledger.add(task)
        return outcome

    def complete_task(self, rng):
        return self._step(rng, "complete_task", "complete", lambda state: ("done", state[1]))

    def reopen_task(self, rng):
        return self._step(
            rng, "reopen_task", "reopen", lambda state: ("open" if state[0] == "done" else state[0], state[1])
        )

    def delete_task(self, rng):
        return self._step(rng, "delete_task", "delete", lambda state: ABSENT)

    def edit_task(self, rng):
        words = f"changed {token(rng)}"
        fields = {"description": words, "status": "in_progress", "priority": 2}
        return self._step(rng, "edit_task", "", lambda state: ("in_progress", words), fields)

    def _step(self, rng, verb, step, change, fields=()):
        task = self._pick(rng, "task")
        if task is None or not self._find(task):
            return None
        if fields:
            fields = {"title": f"Chaos {task.token}", **fields}
        path = f"{self.at}/tasks/{task.id}/{step}/" if step else f"{self.at}/tasks/{task.id}/"
        after = change(task.state)
        outcome, _ = self.send(verb, path, fields)
        task.tell(outcome, after)
        return outcome

    def _pick(self, rng, kind):
        mine = self.ledger.mine(kind, self.who)
        return rng.choice(mine) if mine else None

    def _find(self, task):
        """Learn its number from the list, as a browser does. Returns whether that went well."""
        if task.id is None:
            _, answer = self.look("find_task", f"{self.at}/tasks/?q={task.token}", JSON)
            if answer is not None and answer.status == 200:
                found = answer.json()["tasks"]
                task.id = found[0]["id"] if found else None
        return task.id is not None

    def search(self, rng):
        words = urllib.parse.quote(rng.choice(("the", "report", "Chaos", "zzz")))
        return self.look("search", f"{self.at}/tasks/?q={words}&status=open")[0]

    def look_around(self, rng):
        pages = ["/tasks/", "/members/", "/articles/", "/tasks/exports/", "/tasks/?sort=due"]
        return self.look("look_around", self.at + rng.choice(pages))[0]

    # ---- exports

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

    # ---- articles

    def write_article(self, rng):
        article = Thing("article", self.somebody.organization, self.who, token(rng))
        fields = {"title": f"Chaos {article.token}", "slug": "", "body": "We *all* should know. " * 30}
        outcome, answer = self.send("write_article", f"{self.at}/articles/new/", fields)
        article.tell(outcome, "draft")
        if outcome is Outcome.DONE:
            article.slug = answer.location.rstrip("/").rpartition("/")[2]
        self.ledger.add(article)
        return outcome

    def publish_article(self, rng):
        return self._publishing(rng, "publish", "draft", "published")

    def archive_article(self, rng):
        return self._publishing(rng, "archive", "published", "archived")

    def _publishing(self, rng, step, before, after):
        mine = [article for article in self.ledger.mine("article", self.who) if article.state == before]
        if not mine:
            return None
        article = rng.choice(mine)
        outcome, _ = self.send(f"{step}_article", f"{self.at}/articles/{article.slug}/{step}/")
        article.tell(outcome, after)
        return outcome

    def comment(self, rng):
        public = self.ledger.of("article", self.somebody.organization, "published")
        if not public:
            return None
        comment = Thing("comment", self.somebody.organization, self.who, token(rng))
        path = f"{self.at}/articles/{rng.choice(public).slug}/comments/"
        outcome, answer = self.send("comment", path, {"body": f"Well said: {comment.token}"})
        comment.tell(outcome, "approved" if self.somebody.moderates else "pending")
        if outcome is Outcome.DONE:
            comment.id = int(answer.location.rpartition("#comment-")[2])
        self.ledger.add(comment)
        return outcome

    def approve(self, rng):
        return self._moderate(rng, "approve", "approved")

    def reject(self, rng):
        return self._moderate(rng, "reject", "rejected")

    def _moderate(self, rng, step, after):
        waiting = self.ledger.of("comment", self.somebody.organization, "pending")
        if not waiting:
            return None
        comment = rng.choice(waiting)
        outcome, _ = self.send(step, f"{self.at}/articles/comments/{step}/", {"only": comment.id})
        comment.tell(outcome, after)
        return outcome

    # ---- people and mail

    def add_member(self, rng):
        email = address(f"joiner{rng.randrange(JOINERS)}")
        outcome, _ = self.send("add_member", f"{self.at}/members/add/", {"email": email, "role": "viewer"})
        if outcome is Outcome.DONE:
            self.ledger.members.add((self.somebody.organization, email))
        return outcome

    def reset_password(self, rng):
        email = address(self.who)
        outcome, _ = self.send("reset_password", "/accounts/password/reset/", {"email": email})
        self.ledger.resets[email][outcome] += 1
        return outcome

    def operate(self, rng):
        """What a member of the staff looks at while all of that happens."""
        pages = ["/health", "/ops/outbox/", "/ops/outbox/?status=done", "/ops/schedules/", "/ops/doctor/"]
        pages += ["/ops/alerts/", "/ops/backups/"]
        return self.look("operate", rng.choice(pages))[0]

    def back_up(self, rng):
        return self.send("back_up", "/ops/backups/start/")[0]

    def test_delivery(self, rng):
        outcome, answer = self.send("test_delivery", "/ops/outbox/tests/", {"recipient": address(self.who)})
        if outcome is Outcome.DONE:
            self.ledger.delivery_tests.add(int(answer.location.rstrip("/").rpartition("/")[2]))
        return outcome

    def save_export(self, name, hour):
        """A recurring export, each day at that hour."""
        fields = {"name": name, "frequency": "daily", "weekday": 1, "month_day": 1, "hour": hour}
        fields |= {"export_format": "csv", "columns": "id,title"}
        outcome, _ = self.send("save_export", f"{self.at}/tasks/exports/recurring/new/", fields)
        if outcome is Outcome.DONE:
            self.ledger.saved.add((self.who, name))
        return outcome

    def sign_in(self):
        self.visitor.sign_in(address(self.who), PASSWORD)


def token(rng):
    return f"{rng.randrange(2**64):016x}"
