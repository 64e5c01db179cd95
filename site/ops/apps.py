from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings


class OpsConfig(AppConfig):
    name = "ops"

    def ready(self):
        from ops import checks  # noqa: F401  (registers the system checks)
        from ops.alerts import checks as alert_checks  # noqa: F401

        if settings.SENTRY_DSN:
            from ops import sentry  # here, so that who needs no Sentry has no memory taken by it

            with suppress(ValueError):  # the check ops.E010 tells of it, and keeps Roost from starting
                sentry.start(settings.SENTRY_DSN)
