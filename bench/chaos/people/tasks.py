"""Writing tasks, changing them, and looking at them."""

import urllib.parse

from bench.chaos.ledger import ABSENT, Thing
from bench.chaos.people.visits import token
from bench.chaos.visitor import JSON


class Tasks:
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
