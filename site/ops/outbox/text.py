"""What an e-mail says, as somebody may read it whom it is not written to: without what acts for its recipient."""

import re
from html import unescape

from jobs.log import mask

HREF = re.compile(r"\bhref(?=\s*=)", re.IGNORECASE)

#: An e-mail's HTML is shown as a document of its own, of an origin of its own: no scripts, no forms, nothing is loaded
#: from anywhere, and only our own pages may frame it (https://www.w3.org/TR/CSP3/).
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def text_of(email) -> str:
    return mask(email.text)


def html_of(email) -> str:
    """Its HTML, whose links lead nowhere. "" where there is none, or where it hides a secret from `mask`."""
    html = mask(email.html)
    as_read = unescape(html)
    if mask(as_read) != as_read:
        return ""
    return HREF.sub("data-href", html)
