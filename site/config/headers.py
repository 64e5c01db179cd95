"""The headers of every answer that tell a browser what our pages do, and thereby what they never do.

No page has a script or a style in it, only files of this site: what somebody smuggles into a page cannot run (OWASP,
"Content Security Policy Cheat Sheet"). Pages that need another policy bring their own: it stays.
"""

#: The Content-Security-Policy (https://www.w3.org/TR/CSP3/).
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
REFERRER_POLICY = "same-origin"
#: What a browser can do and no page of ours asks for.
REFUSED_FEATURES = ["browsing-topics", "camera", "display-capture", "geolocation", "microphone", "payment", "usb"]

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in REFUSED_FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: The same for answers that do not pass through Django, as ASGI wants them.
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class HeadersMiddleware:
    """Adds HEADERS to every answer that has none of that name. It stands first: errors and static files pass it too."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
