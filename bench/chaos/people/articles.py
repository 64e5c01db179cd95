"""Writing articles, publishing them, commenting and moderating."""

from bench.chaos.ledger import Outcome, Thing
from bench.chaos.people.visits import token


class Articles:
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
