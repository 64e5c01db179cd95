"""How much the head of a request may say: its address, and each field of its header.

Python looks through quoted cookies and through the parameters of `Accept` and `Content-Type` in quadratic time
(CVE-2024-7592 is one of these): a field of 100 kB, which the server lets pass, would keep a thread, and all others of
its process, for a minute, whoever sends it.
"""

from collections import Counter

from config.pages import send_error

#: Bytes of an address, and of a field, all of its occurrences together: what other servers take by default. Browsers
#: hold 4 kB in a cookie.
LONGEST = 8190


class ShortHeads:
    """An ASGI application that hands on to another what has a head of a usual length, and refuses all else."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST:
            await send_error(send, 414, "The address is too long.")
        elif _longest_field(scope["headers"]) > LONGEST:
            await send_error(send, 431, "A field of the header is too long.")
        else:
            await self.application(scope, receive, send)


def _longest_field(headers):
    sizes = Counter()
    for name, value in headers:
        sizes[name] += len(value)
    return max(sizes.values(), default=0)
