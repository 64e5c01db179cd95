"""What a line says: for people, or as JSON for programs. Neither holds secrets."""

import json
import logging
import re
import time
from typing import NamedTuple

from jobs.log.context import Context, of_record

#: What could start a line of its own, steer a terminal, or turn the order of what it shows: C0 and C1 controls, line
#: and paragraph separators, Unicode's controls of direction (UTS #55).
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

#: What may let whoever reads it act for somebody, and what stands for it. All are bounded: a text of slashes or colons
#: must not take longer than others.
SECRETS = [
    # Links with a secret at their end: to reset a password, to confirm an address, to unsubscribe, to join.
    (re.compile(r"(/password/reset/key/|/confirm-email/|/unsubscribe/|/invitations/accept/)[^\s'\"?]+"), r"\1…"),
    # The user and the password of an address, such as EMAIL_URL or DATABASE_URL.
    (re.compile(r"(://)(?:[^\s/'\"@:]{1,200}|[^\s/'\"@:]{0,200}:[^\s'\"]{0,500})@"), r"\1…@"),
    (re.compile(r"\?[\w.%\[\]-]{1,100}=[^\s'\"]*"), "?…"),  # a query
    (re.compile(r"(\b(?:Bearer|Basic|Digest|Token) )[\w.~+/=%:-]{6,}", re.IGNORECASE), r"\1…"),
    (
        re.compile(
            r"((?:passw(?:or)?d|passphrase|secret(?:_key)?|token|api_?key|sessionid|\bcookie|authorization)"
            r"['\"]?\s{0,3}[=:]\s{0,3})(?!\s|(?:Bearer|Basic|Digest|Token) …)"
            r"(?:'[^']{1,500}'|\"[^\"]{1,500}\"|[^\s'\"&,;)}\]]+)",
            re.IGNORECASE,
        ),
        r"\1…",
    ),
]
#: All of the above have one of these: most lines have none, and are clean.
SUSPICIOUS = re.compile(r"[^\w ,.()-]|bearer|basic|digest|token", re.IGNORECASE)


def clean(text: str) -> str:
    """`text` as it may stand on a line: control characters are escaped, so that nothing a user wrote can pass for a
    line of its own (OWASP, "Log Injection"), and secrets are left out."""
    if not SUSPICIOUS.search(text):
        return text
    return mask(CONTROL.sub(_escaped, text))


def mask(text: str) -> str:
    """`text`, of as many lines as it likes, without secrets."""
    for secret, instead in SECRETS:
        text = secret.sub(instead, text)
    return text


def _escaped(match):
    return repr(match[0])[1:-1]


class Event(NamedTuple):
    """What both formats say of a record. `traceback` has a line for each of its own, the last without a break."""

    time: str
    message: str
    traceback: str
    context: Context


def event(record: logging.LogRecord) -> Event:
    """What the record tells, found out once for all handlers."""
    known = record.__dict__.get("event")
    if known is None:
        known = record.event = Event(
            moment(record.created), clean(record.getMessage()), _traceback(record), of_record(record)
        )
    return known


_formatter = logging.Formatter()


def _traceback(record):
    """What a program logs beside the message, cleaned line by line."""
    parts = [_formatter.formatException(record.exc_info)] if record.exc_info and record.exc_info[1] else []
    parts += [record.stack_info] if record.stack_info else []
    return "\n".join(clean(line) for part in parts for line in part.split("\n"))


_second = (0, "")  # the last one that was needed, and how it is written: most lines share theirs with others


def moment(seconds: float) -> str:
    """A time of `time.time()` as ISO 8601 in UTC, with milliseconds."""
    global _second
    second, text = _second
    whole = int(seconds)
    if whole != second:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
        _second = whole, text
    return f"{text}.{int((seconds - whole) * 1000):03d}Z"


class LineFormatter(logging.Formatter):
    """One readable line an event: `time LEVEL [program] logger: message request_id=… job=…#attempt user=… …`.

    Only a traceback, which comes last, has several lines, all of them indented. Argument: `program`, which of ours it
    is.
    """

    def __init__(self, program: str = ""):
        super().__init__()
        self.program = f"[{program}] " if program else ""

    def format(self, record):
        time, message, traceback, context = event(record)
        line = f"{time} {record.levelname:7} {self.program}{record.name}: {message}"
        if context.request_id:
            line += f" request_id={context.request_id}"
        if context.job:
            line += f" job={context.job}#{context.attempt}"
        if context.user:
            line += f" user={context.user}"
        if context.organization:
            line += f" organization={context.organization}"
        return line + "".join(f"\n    {part}" for part in traceback.split("\n") if traceback)


class JSONFormatter(logging.Formatter):
    """One JSON object an event, on one line and in ASCII: `time`, `level`, `logger`, `program`, `message`, those fields
    of `Context` that are known, and `traceback`. Argument: `program`, which of ours it is."""

    def __init__(self, program: str = ""):
        super().__init__()
        self.program = program

    def format(self, record):
        time, message, traceback, context = event(record)
        fields = {"time": time, "level": record.levelname, "logger": record.name, "program": self.program}
        fields["message"] = message
        for name, value in zip(Context._fields, context, strict=True):
            if value:
                fields[name] = value
        if traceback:
            fields["traceback"] = traceback
        return encode(fields)


#: As it stands in a file, whose readers look for exactly that.
encode = json.JSONEncoder(separators=(",", ":")).encode
