"""Members, passwords, and what a member of the staff does."""

from bench.chaos.cast import JOINERS, address
from bench.chaos.ledger import Outcome


class Office:
    def invite_member(self, rng):
        email = address(f"joiner{rng.randrange(JOINERS)}")
        outcome, _ = self.send("invite_member", f"{self.at}/members/invite/", {"email": email, "role": "viewer"})
        if outcome is Outcome.DONE:
            self.ledger.invited.add((self.somebody.organization, email))
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
