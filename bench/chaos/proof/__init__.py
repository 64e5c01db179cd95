"""What is proven at the end: from the database, the files, the mail server's record, the log and the processes.

Nothing here uses the product's own code: the queries are plain SQL, the files are read by other people's libraries.
Each check says in words what it has proven, and what is wrong.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class Check:
    what: str
    #: What was looked at, with numbers.
    proven: str = ""
    wrong: list[str] = field(default_factory=list)


def moment(text: str | None) -> float | None:
    """A time as Django writes it into SQLite, in seconds since 1970."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else None
