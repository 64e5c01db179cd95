"""What the tests of the parts need."""

from datetime import timedelta

from ops import health
from tests.ops.builders import make_attempt


def look(name, now=None):
    """The part of this name, as it is now or at another moment."""
    return next(part for part in health.parts(now) if part.name == name)


def attempt(outcome, error="", ago=timedelta(0)):
    """An attempt at an e-mail, which took no time."""
    return make_attempt(outcome, error, kind="mail.email", ago=ago, seconds=0)
