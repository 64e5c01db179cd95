"""How much the head of a request may say: its address, and each field of its header.

Python looks through the parameters of `Accept` and `Content-Type`, and through a quoted cookie with escapes, in
quadratic time (the latter is CVE-2024-7592): a field of 100 kB, which the server lets pass, would keep a thread, and
all others of its process, for a minute, whoever sends it.
"""

from config.refusals import Refused, refuse

#: Bytes of a query, and of a field, all of its occurrences together: what other servers take by default. Browsers hold
#: 4 kB in a cookie.
LONGEST = 8190
#: Bytes of what costs most for its length: these fields, and a path, which the log looks through for secrets. Those of
#: browsers, and our own, have a few hundred.
SHORT = 1024
SHORT_FIELDS = {b"accept", b"content-type"}
#: Backslashes in cookies. Ours have none.
ESCAPES = 500


class ShortHeads:
    """An ASGI application that hands on to another what has a head of a usual length, and refuses all else."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if len(scope["raw_path"]) > SHORT or len(scope["query_string"]) > LONGEST:
            await refuse(scope, send, Refused(414, "The address is too long."))
        elif any(_is_long(name, value) for name, value in _fields(scope).items()):
            await refuse(scope, send, Refused(431, "A field of the header is too long."))
        else:
            await self.application(scope, receive, send)


def _fields(scope):
    """The values by name, each with all of its occurrences."""
    fields = {}
    for name, value in scope["headers"]:
        fields[name] = fields.get(name, b"") + value
    return fields


def _is_long(name, value):
    if name == b"cookie" and value.count(b"\\") > ESCAPES:
        return True
    return len(value) > (SHORT if name in SHORT_FIELDS else LONGEST)
