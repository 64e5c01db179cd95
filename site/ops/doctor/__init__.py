"""The doctor: all that `ops.health` looks at, and what changes only when somebody changes it. Each with a remedy.

examine()                      what `manage.py doctor` prints; it asks the mail server, too
examine_for(request)           what the page shows: also how the browser got there, and what came of the last test
"""

from functools import partial

from ops import health
from ops.doctor import clocks, configuration, data, mail, web
from ops.health import Look, Part

#: Beside the parts of `ops.health`.
LOOKS = [
    Look("migrations", data.migrations),
    Look("half_way", data.half_way, asks_database=False),
    Look("data_folder", data.folder, asks_database=False),
    Look("file_system", data.file_system, asks_database=False),
    Look("private_files", data.private_files, asks_database=False),
    Look("clock", clocks.clock),
    Look("time_zones", clocks.time_zones, asks_database=False),
    Look("cron_lines", clocks.cron_lines),
    Look("secret_key", configuration.secret_key, asks_database=False),
    Look("https", configuration.https, asks_database=False),
]


def examine(recipient: str = "") -> list[Part]:
    """All that can be seen from a shell. Signs in to the mail server, and sends a test to `recipient` where given:
    that may take as long as the server does (EMAIL_TIMEOUT)."""
    from_here = [
        Look("web", web.answers, asks_database=False),
        Look("mail", partial(mail.test, recipient) if recipient else mail.sign_in, asks_database=False),
    ]
    return _examine([*LOOKS, *from_here])


def examine_for(request) -> list[Part]:
    """All that can be seen from the browser that made the `request`. Quick."""
    from_there = [
        Look("address", partial(web.address, request), asks_database=False),
        Look("proxies", partial(web.proxies, request), asks_database=False),
        Look("mail", mail.last_test),
    ]
    return _examine([*LOOKS, *from_there])


def _examine(looks):
    return health.parts(looks=[*health.LOOKS, *looks, *configuration.looks()])
