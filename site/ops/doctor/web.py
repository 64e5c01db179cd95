"""How people reach Roost."""

import http.client
import time
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from ops.health.part import ok, red, warning

#: Seconds to wait for our own web.
PATIENCE = 5


def answers(now):
    """Whether the web runs on this machine, asked as the container asks."""
    connection, start = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=PATIENCE), time.perf_counter()
    remedy = _("Start Roost: bin/serve, or docker start. If it runs elsewhere, ask the doctor there.")
    try:
        connection.request("GET", "/up")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return red(
            _("Nothing answers on port %(port)s of this machine: %(error)s.") % {"port": settings.PORT, "error": error},
            remedy,
        )
    finally:
        connection.close()
    took = time.perf_counter() - start
    if status != 200:
        return red(
            _("GET /up on port %(port)s of this machine answers %(status)s.")
            % {"port": settings.PORT, "status": status},
            remedy,
        )
    return ok(
        _("The web answers on port %(port)s within %(milliseconds)s ms.")
        % {"port": settings.PORT, "milliseconds": f"{took * 1000:.0f}"},
        seconds=round(took, 4),
    )


def address(request, now):
    """Whether PUBLIC_URL, which all links in e-mails begin with, is what the browser used."""
    public, used = urlsplit(settings.PUBLIC_URL), urlsplit(request.build_absolute_uri("/"))
    detail = {"public_url": settings.PUBLIC_URL, "used": f"{used.scheme}://{used.netloc}"}
    if _where(public) == _where(used):
        return ok(
            _("You came by %(address)s, which links in e-mails lead to.") % {"address": settings.PUBLIC_URL},
            **detail,
        )
    words = _("You came by %(used)s, but links in e-mails lead to %(address)s.") % {
        "used": detail["used"],
        "address": settings.PUBLIC_URL,
    }
    remedy = _("If people come by the former: PUBLIC_URL=%(used)s") % {"used": detail["used"]}
    if public.hostname == used.hostname and public.scheme == "https":
        remedy = _("The proxy must set X-Forwarded-Proto, and pass the Host that it was asked for.")
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
        words = _("A proxy stands in front, and is not trusted: all people seem to come from its address.")
        remedy = _("Set TRUSTED_PROXIES=1 (or to how many proxies there are), so that limits count each person alone.")
        return warning(words, remedy, **detail)
    if trusted and not forwarded:
        words = _(
            "TRUSTED_PROXIES is %(trusted)s, but no proxy has set X-Forwarded-For: anybody may claim any address."
        ) % {"trusted": trusted}
        return red(words, _("Have the proxy append to X-Forwarded-For; without a proxy, TRUSTED_PROXIES=0."), **detail)
    if trusted and not proto:
        words = _("The proxy does not set X-Forwarded-Proto: Roost cannot tell whether you came by HTTPS.")
        return warning(
            words, _("nginx: proxy_set_header X-Forwarded-Proto $scheme; Caddy does it by itself."), **detail
        )
    if trusted and len(forwarded) != trusted:
        words = _("TRUSTED_PROXIES is %(trusted)s, and X-Forwarded-For has %(number)s addresses.") % {
            "trusted": trusted,
            "number": len(forwarded),
        }
        remedy = _("If that is how many proxies you came through: TRUSTED_PROXIES=%(number)s") % {
            "number": len(forwarded)
        }
        return warning(words, remedy, **detail)
    if trusted:
        return ok(_("The proxies in front are trusted: %(trusted)s.") % {"trusted": trusted}, **detail)
    return ok(_("No proxy stands in front."), **detail)
