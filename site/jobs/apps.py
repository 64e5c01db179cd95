from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self):
        from jobs import checks  # noqa: F401  (registers the system checks)

        # Every process knows every Huey function and schedule: the web to ring them, a consumer to run them.
        autodiscover_modules("tasks")
