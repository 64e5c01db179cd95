from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MailConfig(AppConfig):
    name = "mail"

    def ready(self):
        from mail import checks  # noqa: F401  (registers the system checks)

        # Every process knows every kind of e-mail: each app declares its own in its mail.py.
        autodiscover_modules("mail")
