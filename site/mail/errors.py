"""What can go wrong between us and the mail server."""

from jobs.errors import JobFailed


class Unavailable(Exception):
    """No mail server answers, or not as agreed: the fault is not the message's. The words are for an operator."""


class Answered(Exception):
    """The server has not taken the message, and said so.

    Arguments: its reply `code` (RFC 5321, 4.2) and `text`.
    """

    def __init__(self, code: int, text: str):
        super().__init__(f"{code} {text}".strip())
        self.code = code
        self.text = text


class Deferred(Answered):
    """Not now (4xx)."""


class Refused(Answered, JobFailed):
    """Never (5xx)."""

    #: Enhanced status codes (RFC 3463, 3.2 and RFC 7505) that say: there is no such mailbox, or no such domain.
    UNKNOWN = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")

    @property
    def says_unknown_address(self) -> bool:
        """Whether it is the address that is wrong, for every message. A bare 550 may as well be a filter's opinion."""
        return self.text.split(maxsplit=1)[:1] in [[code] for code in self.UNKNOWN]
