"""What can be misconfigured about mail, each with an id and a remedy."""

from email.utils import parseaddr

from django.conf import settings
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from mail.kinds import registry
from mail.transport import SMTP


@checks.register("mail", deploy=True)
def there_is_a_way_out(app_configs, **kwargs):
    if settings.EMAIL_TRANSPORT:
        return []
    return [
        checks.Info(
            _("EMAIL_URL is not set: e-mails wait until it is."),
            hint=_("Set it to your mail server: smtp+tls://user:password@host:587"),
            id="mail.I001",
        )
    ]


@checks.register("mail")
def passwords_travel_encrypted(app_configs, **kwargs):
    open_to_all = settings.EMAIL_TRANSPORT == SMTP and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
    if not open_to_all or not settings.EMAIL_HOST_PASSWORD or settings.EMAIL_HOST in ("localhost", "127.0.0.1", "::1"):
        return []
    return [
        checks.Warning(
            _("EMAIL_URL sends the password to %(server)s unencrypted.") % {"server": settings.EMAIL_HOST},
            hint=_("Write smtp+tls:// (STARTTLS, port 587) or smtp+ssl:// (port 465) instead of smtp://."),
            id="mail.W001",
        )
    ]


@checks.register("mail")
def sender_is_an_address(app_configs, **kwargs):
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    try:
        validate_email(address)
    except ValidationError:
        problem = _("EMAIL_FROM is no address: %(address)s") % {"address": repr(settings.DEFAULT_FROM_EMAIL)}
        return [checks.Error(problem, hint=_("Write it as: Roost <roost@example.com>"), id="mail.E001")]
    return []


@checks.register("mail")
def kinds_can_be_asked(app_configs, **kwargs):
    errors = []
    for kind in registry.values():
        try:
            _ = kind.is_still_wanted
        except ImportError as error:
            problem = f"The kind of e-mail {kind.name!r} names a function that is not there: {error}"
            hint = "still_wanted is a dotted name, such as 'articles.mail.still_wanted'."
            errors.append(checks.Error(problem, hint=hint, id="mail.E002"))
    return errors
