from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "ops"

    def ready(self):
        from ops.alerts import checks  # noqa: F401  (registers the system checks)
