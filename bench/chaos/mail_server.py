"""The mail server of a run: it remembers what it has taken, and has moods."""

import asyncio
import email
import email.policy
import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass

from tests.smtp import MailServer


@dataclass(frozen=True)
class Copy:
    """A message that the server has taken: it said so, or would have."""

    message_id: str
    recipient: str
    subject: str
    #: Of what one reads of it: a second copy must be the same.
    digest: str
    #: time.time()
    at: float
    answered: bool


class Recorder(MailServer):
    """Takes every message, but as its `mood` says: "" for none."""

    def reset(self):
        super().reset()
        self.mood = ""
        self.copies: list[Copy] = []

    @property
    def mood(self):
        return self._mood

    @mood.setter
    def mood(self, mood):
        self._mood = mood
        self.greets = mood != "silent"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.mood == "defers":
            return "450 4.2.0 Not now"
        if self.mood == "refuses":
            return "554 5.7.1 Not that"
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):
        if self.mood == "hangs":
            await asyncio.sleep(3600)
        if self.mood == "defers":
            return "451 4.3.0 Not now either"
        if self.mood == "refuses":
            return "554 5.6.0 Not such a message"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        copy = Copy(
            message_id=str(message["Message-ID"]),
            recipient=envelope.rcpt_tos[0],
            subject=str(message["Subject"]),
            digest=_digest(message),
            at=time.time(),
            answered=self.mood != "swallows answers",
        )
        self.copies.append(copy)
        if not copy.answered:
            server.transport.abort()
        return f"250 2.0.0 queued as {len(self.copies)}"

    @contextmanager
    def closed(self):
        """Within the block nobody listens; conversations are broken off in the middle of whatever was said."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def die(self):
        """Break all conversations off, and be back at once."""
        with self.closed():
            pass


def _digest(message):
    """Of the texts and the headers, but for the random line that parts them (RFC 2046, 5.1.1)."""
    headers = [f"{name}: {value}" for name, value in message.items() if name != "Content-Type"]
    texts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return hashlib.sha256("\0".join([*headers, *texts]).encode()).hexdigest()
