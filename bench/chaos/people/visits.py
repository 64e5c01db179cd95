"""What all that people do comes down to: a request, and what its answer says."""

from bench.chaos.ledger import Outcome
from bench.chaos.visitor import Answer, NoAnswer, NotSent


class Visits:
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


def token(rng):
    return f"{rng.randrange(2**64):016x}"
