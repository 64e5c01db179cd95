"""What can be misconfigured about operating an installation, each with an id and a remedy."""

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

#: Characters that a token needs at least, so that nobody finds it by trying.
TOKEN_LENGTH = 20


@checks.register("ops")
def sentry_dsn_is_one(app_configs, **kwargs):
    if not settings.SENTRY_DSN:
        return []
    from sentry_sdk.utils import BadDsn, Dsn

    try:
        Dsn(settings.SENTRY_DSN)
    except BadDsn as error:
        hint = _(
            "Copy the DSN from the project's settings in Sentry: https://KEY@HOST/NUMBER. Or leave SENTRY_DSN out."
        )
        return [checks.Error(_("SENTRY_DSN cannot be used: %(error)s") % {"error": error}, hint=hint, id="ops.E010")]
    return []


@checks.register("ops")
def ops_token_is_long(app_configs, **kwargs):
    if not settings.OPS_TOKEN or len(settings.OPS_TOKEN) >= TOKEN_LENGTH:
        return []
    hint = _("Take one that nobody guesses: openssl rand -hex 32")
    what = _("OPS_TOKEN has fewer than %(number)d characters, and lets whoever finds it read how Roost runs.") % {
        "number": TOKEN_LENGTH
    }
    return [checks.Warning(what, hint=hint, id="ops.W010")]
