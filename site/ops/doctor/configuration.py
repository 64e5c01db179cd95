"""The settings: Django's system checks and ours, those for deployment included."""

from functools import cache, partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks.registry import registry
from django.core.checks.security.base import check_secret_key
from django.utils.translation import gettext as _

from ops.health import Look
from ops.health.database import is_there
from ops.health.part import ok, red, warning

#: What these checks ask for follows from an address with https, and `https` tells of them with our own remedy.
OF_HTTPS = ("security.W004", "security.W008", "security.W012", "security.W016")
OF_SECRET_KEY = ("security.W009",)
#: Tags of checks that look at nothing but the code.
OF_CODE = {checks.Tags.models, checks.Tags.templates, checks.Tags.urls}


def looks() -> list[Look]:
    """What the system checks find, a Look each."""
    try:
        messages = [*_about_code(), *_run(_look_further())]
    except Exception as error:  # noqa: BLE001 (a check that breaks is a finding, and hides no other)
        return [Look("settings", partial(_break, error), asks_database=False)]
    return looks_at(messages)


@cache
def _about_code():
    """What the checks say of the code, which stays the same while this process lives: they take most of the time."""
    return _run(check for check in _all() if _looks_at_code_alone(check))


def _look_further():
    return [check for check in _all() if not _looks_at_code_alone(check)]


def _looks_at_code_alone(check):
    return bool(check.tags) and OF_CODE.issuperset(check.tags)


def _all():
    return registry.get_checks(include_deployment_checks=True)


def _run(some):
    databases = ["default"] if is_there() else []
    return [message for check in some for message in check(app_configs=None, databases=databases)]


def looks_at(messages) -> list[Look]:
    others = [message for message in messages if message.id not in (*OF_HTTPS, *OF_SECRET_KEY)]
    found = [Look(f"check:{message.id}", partial(_tell, message), asks_database=False) for message in others]
    return found or [Look("settings", _well, asks_database=False)]


def _break(error, now):
    raise error


def _tell(message, now):
    words, remedy = " ".join(message.msg.split()), " ".join((message.hint or _("See its words.")).split())
    if message.level >= checks.ERROR:
        return red(words, remedy)
    if message.level >= checks.WARNING:
        return warning(words, remedy)
    return ok(f"{words} {remedy}")


def _well(now):
    return ok(_("The system checks find nothing wrong with the settings."))


def secret_key(now):
    if check_secret_key(None):
        remedy = _(
            "Leave SECRET_KEY out: Roost makes its own. Or: openssl rand -base64 48. All people must sign in again."
        )
        return red(_("SECRET_KEY is short, simple or an example (security.W009): sessions could be forged."), remedy)
    where = "DATA_DIR" if (settings.DATA_DIR / "secret_key").exists() else "SECRET_KEY"
    return ok(_("The secret key, from %(where)s, is long and random.") % {"where": where})


def https(now):
    """Whether what people send travels encrypted: one setting decides, PUBLIC_URL."""
    public = urlsplit(settings.PUBLIC_URL)
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    detail = {"public_url": settings.PUBLIC_URL, "trusted_proxies": proxies}
    if public.scheme == "https" and not proxies:
        words = _("PUBLIC_URL begins with https, but no proxy that ends HTTPS is trusted: every page leads to itself.")
        return red(words, _("Set TRUSTED_PROXIES to the number of proxies in front, which is mostly 1."), **detail)
    if public.scheme == "https":
        return ok(_("Pages come over HTTPS, cookies travel nowhere else, and browsers remember it (HSTS)."), **detail)
    if public.hostname in ("localhost", "127.0.0.1", "::1"):
        return ok(
            _("Roost is for this machine only: PUBLIC_URL is %(address)s.") % {"address": settings.PUBLIC_URL},
            **detail,
        )
    words = _("PUBLIC_URL is %(address)s: passwords and cookies travel unencrypted (%(checks)s).") % {
        "address": settings.PUBLIC_URL,
        "checks": ", ".join(OF_HTTPS),
    }
    return warning(words, _("Put a proxy with HTTPS in front, and set PUBLIC_URL to https://…"), **detail)
