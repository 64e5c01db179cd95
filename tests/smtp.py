"""A real mail server on loopback that does what a test tells it to."""

import asyncio
import email
import email.policy
import ssl
import threading
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

#: A self-signed certificate for “localhost”, and its key; good for nothing else.
CERTIFICATE = Path(__file__).with_name("localhost.pem")


class MailServer:
    """Takes every message, except as told. A context manager.

    Arguments: `port` (default: a free one, which is found at the start and kept); `tls`, whether it offers STARTTLS;
    `password`, with which anybody may sign in.
    """

    def __init__(self, *, port=0, tls=False, password=None):
        self.port = port
        self._options = {"enable_SMTPUTF8": True}
        if tls:
            self._options["tls_context"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._options["tls_context"].load_cert_chain(CERTIFICATE)
        if password:
            self._options |= {"authenticator": _authenticator(password), "auth_require_tls": tls}
        self.reset()

    def reset(self):
        """Forget what was, and take every message again."""
        #: What it has taken, as email.message.EmailMessage with the SMTP `envelope`.
        self.messages = []
        #: How many connections were made.
        self.connections = 0
        #: By recipient: the answers to RCPT, and to the end of DATA, one a time; afterwards it is taken.
        self.refusals, self.answers = {}, {}
        #: Recipients at whose RCPT, and at the end of whose DATA, the server falls silent.
        self.hangs, self.hangs_at_end = set(), set()
        #: Whether it says anything at all.
        self.greets = True
        #: Seconds that it takes for a message, which it has then, before it answers.
        self.delay = 0
        #: Messages after which the server ends a connection; None for no limit.
        self.limit = None

    @property
    def message_ids(self):
        """Of what it has taken, in that order."""
        return [message["Message-ID"] for message in self.messages]

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_):
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _start(self):
        self._protocols = []
        self._server = await self._loop.create_server(self._connection, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()

    def _connection(self):
        self.connections += 1
        protocol = SMTP(self, loop=self._loop, **self._options) if self.greets else _Silent()
        self._protocols.append(protocol)
        return protocol

    # ---- called by aiosmtpd

    async def handle_MAIL(self, server, session, envelope, address, options):
        if getattr(session, "taken", 0) == self.limit:
            return "421 4.7.0 Too many messages on this connection"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.hangs:
            await asyncio.sleep(3600)
        if reply := _next(self.refusals, address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        (recipient,) = envelope.rcpt_tos
        if recipient in self.hangs_at_end:
            await asyncio.sleep(3600)
        if reply := _next(self.answers, recipient):
            return reply
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.envelope = envelope
        self.messages.append(message)
        session.taken = getattr(session, "taken", 0) + 1
        await asyncio.sleep(self.delay)
        return f"250 2.0.0 queued as {len(self.messages)}"


class _Silent(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport


def _next(replies, recipient):
    waiting = replies.get(recipient)
    return waiting.pop(0) if waiting else None


def _authenticator(password):
    def authenticate(server, session, envelope, mechanism, login):
        right = isinstance(login, LoginPassword) and login.password == password.encode()
        return AuthResult(success=right, handled=False)

    return authenticate
