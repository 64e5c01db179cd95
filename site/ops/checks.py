"""What can be misconfigured about operating an installation, each with an id and a remedy."""

from django.conf import settings
from django.core import checks

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
        hint = "Copy the DSN from the project's settings in Sentry: https://KEY@HOST/NUMBER. Or leave SENTRY_DSN out."
        return [checks.Error(f"SENTRY_DSN cannot be used: {error}", hint=hint, id="ops.E010")]
    return []


@checks.register("ops")
def ops_token_is_long(app_configs, **kwargs):
    if not settings.OPS_TOKEN or len(settings.OPS_TOKEN) >= TOKEN_LENGTH:
        return []
    hint = "Take one that nobody guesses: openssl rand -hex 32"
    what = f"OPS_TOKEN has fewer than {TOKEN_LENGTH} characters, and lets whoever finds it read how Roost runs."
    return [checks.Warning(what, hint=hint, id="ops.W010")]
