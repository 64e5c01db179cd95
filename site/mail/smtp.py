"""Django's SMTP backend, with what a trustworthy outbox needs: the moment of the hand-over, and the dialogue.

A server answers the DATA command with 354 when it is ready for the message (RFC 5321, 4.1.1.4). Until then it has
nothing; from then on only its last answer tells whether it has taken the message.
"""

import smtplib
import ssl
from functools import partial

from django.core.mail.backends import smtp
from django.utils.translation import gettext as _

from mail.errors import Deferred, Refused, Unavailable

READY_FOR_MESSAGE = 354
#: How many times EMAIL_TIMEOUT the last answer may take. A server often scans a message before it answers, and who
#: gives up too early sends it twice (RFC 5321, 4.5.3.2.6, asks for ten minutes).
PATIENCE_AT_END = 3


class Recorded:
    """Writes down what is said, without passwords, and tells the backend before a message is handed over."""

    def __init__(self, backend, *args, **kwargs):
        self.backend = backend
        self._secret = False
        super().__init__(*args, **kwargs)

    def putcmd(self, cmd, args=""):
        self.backend.dialogue.append(f"> {self._masked(cmd, args)}")
        super().putcmd(cmd, args)

    def _masked(self, cmd, args):
        if not self._secret:
            return f"{cmd} {args}".strip()
        return f"AUTH {args.split()[0]} (not shown)" if cmd == "AUTH" else "(not shown)"

    def auth(self, mechanism, *args, **kwargs):
        self._secret = True
        try:
            return super().auth(mechanism, *args, **kwargs)
        finally:
            self._secret = False

    def getreply(self):
        code, text = super().getreply()
        self.backend.dialogue.append(f"< {code} {_one_line(text)}")
        if self.sock is not None:
            self.sock.settimeout(self.timeout * (PATIENCE_AT_END if code == READY_FOR_MESSAGE else 1))
        if code == READY_FOR_MESSAGE:
            self.backend.handed_over = True
            self.backend.handing_over()
        return code, text


class PlainConnection(Recorded, smtplib.SMTP):
    """SMTP, with or without STARTTLS."""


class TLSConnection(Recorded, smtplib.SMTP_SSL):
    """SMTP over TLS from its first byte (RFC 8314)."""


class EmailBackend(smtp.EmailBackend):
    """One connection. `dialogue`: what was said on it for the last message, a line each, `>` ours and `<` theirs."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dialogue = []
        self.handed_over = False
        self.handing_over = _nothing

    @property
    def connection_class(self):
        return partial(TLSConnection if self.use_ssl else PlainConnection, self)

    @property
    def is_open(self):
        return self.connection is not None and self.connection.sock is not None

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def open(self):
        """Connect, encrypt, sign in, as the settings say. Raises Unavailable with words that say what is wrong."""
        try:
            return super().open()
        except OSError as error:
            self.drop()
            raise Unavailable(self._explain(error)) from error

    def deliver(self, message, handing_over=None) -> str:
        """Send one EmailMessage over the open connection. Returns the server's last answer.

        `handing_over` is called once the server is ready for the message, of which nothing has left yet; what that
        raises passes through, and the server gets nothing. Raises Deferred, Refused, or Unavailable where the answer
        did not come. The connection is open for the next message as long as `is_open`.
        """
        self.dialogue.clear()
        self.handed_over, self.handing_over = False, handing_over or _nothing
        try:
            self._send(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _answer(*next(iter(error.recipients.values()))) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _answer(error.smtp_code, error.smtp_error) from error
        except OSError as error:
            self.drop()
            raise Unavailable(self._explain(error)) from error
        except BaseException:
            self.drop()
            raise
        return self.dialogue[-1].removeprefix("< ")

    def drop(self):
        """Close the connection without a word: QUIT would wait for an answer that may never come."""
        for connection in (self.connection, self._partial_connection):
            if connection is not None:
                connection.close()
        self.connection = self._partial_connection = None

    def _explain(self, error: OSError) -> str:
        match error:
            case smtplib.SMTPAuthenticationError():
                words = _("%(server)s refused the user name or the password of EMAIL_URL: %(error)s")
            case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
                words = _(
                    "%(server)s does not offer STARTTLS, which EMAIL_URL asks for; nothing is sent unencrypted: "
                    "%(error)s"
                )
            case smtplib.SMTPNotSupportedError():
                words = _("%(server)s does not let anybody sign in, though EMAIL_URL has a user name: %(error)s")
            case ssl.SSLCertVerificationError():
                words = _("%(server)s has a certificate that cannot be trusted: %(error)s")
            case ssl.SSLError():
                words = _("%(server)s could not agree on an encrypted connection: %(error)s")
            case _ if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                return _("%(server)s did not answer in time.") % {"server": self.address}
            case smtplib.SMTPServerDisconnected():
                words = _("%(server)s ended the conversation: %(error)s")
            case smtplib.SMTPException():
                words = _("%(server)s does not work as agreed: %(error)s")
            case _:
                words = _("%(server)s cannot be reached: %(error)s")
        return words % {"server": self.address, "error": _words(error)}


def _answer(code, text):
    return Refused(code, _one_line(text)) if 500 <= code <= 599 else Deferred(code, _one_line(text))


def _words(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_one_line(error.smtp_error)}"
    return error.strerror or str(error)


def _one_line(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())


def _nothing():
    pass
