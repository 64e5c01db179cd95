"""How people reach Roost."""

import http.client
import time
from urllib.parse import urlsplit

from django.conf import settings

from ops.health.part import ok, red, warning

#: Seconds to wait for our own web.
PATIENCE = 5


def answers(now):
    """Whether the web runs on this machine, asked as the container asks."""
    connection, start = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=PATIENCE), time.perf_counter()
    remedy = "Start Roost: bin/serve, or docker start. If it runs elsewhere, ask the doctor there."
    try:
        connection.request("GET", "/up")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return red(f"Nothing answers on port {settings.PORT} of this machine: {error}.", remedy)
    finally:
        connection.close()
    took = time.perf_counter() - start
    if status != 200:
        return red(f"GET /up on port {settings.PORT} of this machine answers {status}.", remedy)
    return ok(f"The web answers on port {settings.PORT} within {took * 1000:.0f} ms.", seconds=round(took, 4))


def address(request, now):
    """Whether PUBLIC_URL, which all links in e-mails begin with, is what the browser used."""
    public, used = urlsplit(settings.PUBLIC_URL), urlsplit(request.build_absolute_uri("/"))
    detail = {"public_url": settings.PUBLIC_URL, "used": f"{used.scheme}://{used.netloc}"}
    if _where(public) == _where(used):
        return ok(f"You came by {settings.PUBLIC_URL}, which links in e-mails lead to.", **detail)
    words = f"You came by {detail['used']}, but links in e-mails lead to {settings.PUBLIC_URL}."
    remedy = f"If people come by the former: PUBLIC_URL={detail['used']}"
    if public.hostname == used.hostname and public.scheme == "https":
        remedy = "The proxy must set X-Forwarded-Proto, and pass the Host that it was asked for."
    return warning(words, remedy, **detail)


def _where(url):
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)


def proxies(request, now):
    """Whether the headers of proxies and TRUSTED_PROXIES fit together."""
    trusted = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = [part for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    proto, other = request.headers.get("X-Forwarded-Proto", ""), request.headers.get("Forwarded", "")
    detail = {"trusted_proxies": trusted, "x_forwarded_for": len(forwarded), "x_forwarded_proto": proto[:20]}
    if not trusted and (forwarded or proto or other):
        words = "A proxy stands in front, and is not trusted: all people seem to come from its address."
        remedy = "Set TRUSTED_PROXIES=1 (or to how many proxies there are), so that limits count each person alone."
        return warning(words, remedy, **detail)
    if trusted and not forwarded:
        words = f"TRUSTED_PROXIES is {trusted}, but no proxy has set X-Forwarded-For: anybody may claim any address."
        return red(words, "Have the proxy append to X-Forwarded-For; without a proxy, TRUSTED_PROXIES=0.", **detail)
    if trusted and not proto:
        words = "The proxy does not set X-Forwarded-Proto: Roost cannot tell whether you came by HTTPS."
        return warning(words, "nginx: proxy_set_header X-Forwarded-Proto $scheme; Caddy does it by itself.", **detail)
    if trusted and len(forwarded) != trusted:
        words = f"TRUSTED_PROXIES is {trusted}, and X-Forwarded-For has {len(forwarded)} addresses."
        remedy = f"If that is how many proxies you came through: TRUSTED_PROXIES={len(forwarded)}"
        return warning(words, remedy, **detail)
    return ok(f"The proxies in front are trusted: {trusted}." if trusted else "No proxy stands in front.", **detail)
