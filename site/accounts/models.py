import zoneinfo
from functools import cache

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

# A name goes into pages, mail headers and logs: no control characters, and none that turn the reading direction of
# what follows (Unicode TR 36, 2.4, "Bidirectional Text Spoofing").
validate_name = RegexValidator(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]",
    _("A name cannot contain control characters."),
    inverse_match=True,
)


@cache
def time_zones():
    """The names of all zones of the IANA database that this machine knows."""
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(name):
    """Raise ValidationError unless `name` is a zone of the IANA database that this machine knows."""
    if name not in time_zones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Use a name such as Europe/Berlin."), params={"name": name}
        )


def default_time_zone():
    """People start in the zone of the installation."""
    return settings.TIME_ZONE


class UserManager(BaseUserManager):
    @transaction.atomic
    def create_user(self, email, password=None, **fields):
        """A person for whom the caller vouches: the address counts as verified, so that no e-mail is needed to sign in.

        (Who signs up on the web proves the address first; allauth makes that user.)
        """
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The e-mail address is the login, unique whatever its case."""

    email = models.EmailField(
        _("e-mail address"), unique=True, error_messages={"unique": _("This e-mail address already has an account.")}
    )
    name = models.CharField(max_length=100, blank=True, validators=[validate_name])
    time_zone = models.CharField(max_length=64, default=default_time_zone, validators=[validate_time_zone])
    #: The hour of the person's day (0 to 23) at which the daily reminder of tasks is due.
    reminder_hour = models.PositiveSmallIntegerField(default=9, validators=[MaxValueValidator(23)])
    is_staff = models.BooleanField(_("operates this installation"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_ci")]

    def __str__(self):
        return self.name or self.email

    def get_full_name(self):
        return str(self)

    get_short_name = get_full_name

    @property
    def zone(self):
        """The person's ZoneInfo; UTC where a later time zone database no longer has the name."""
        return zoneinfo.ZoneInfo(self.time_zone if self.time_zone in time_zones() else "UTC")


class SessionQuerySet(models.QuerySet):
    def open_of(self, user):
        """A list of the sessions in which `user` is signed in, the one that was used last first.

        Not among them: what a changed password has ended, whose rows stay until they expire.
        """
        rows = self.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at", "session_key")
        return [row for row in rows if row.is_valid_for(user)]


class Session(AbstractBaseSession):
    """A browser in which somebody is, or is about to be, signed in: see `accounts.sessions`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions")
    device = models.CharField(max_length=100)  # in a few words
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # to within minutes

    objects = BaseSessionManager.from_queryset(SessionQuerySet)()

    @classmethod
    def get_session_store_class(cls):
        from accounts.sessions import SessionStore

        return SessionStore

    @property
    def handle(self) -> str:
        """Names it on pages: whoever has read its key could act as the person."""
        return salted_hmac("accounts.session", self.session_key, algorithm="sha256").hexdigest()[:32]

    def is_valid_for(self, user) -> bool:
        """Whether the password is still the one that `user` signed in with, as Django asks at each request."""
        return constant_time_compare(self.get_decoded().get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


class Installation(models.Model):
    """The single row that says that this installation has its owner. First runs compete for it; one wins."""

    class AlreadyClaimed(Exception):
        """Somebody else was first."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    claimed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="accounts_installation_single")]

    def __str__(self):
        return f"claimed {self.claimed_at:%Y-%m-%d}"

    @classmethod
    def is_unclaimed(cls):
        """Nobody is here yet: no first run has happened, and nobody was made at the command line either."""
        return not User.objects.exists() and not cls.objects.exists()

    @classmethod
    def claim(cls):
        """Take the installation, within the transaction that makes its first user. Raises AlreadyClaimed.

        The primary key decides: of two that insert it at once one waits for the other's commit and then finds the row.
        """
        won = cls.objects.get_or_create(pk=1)[1]
        if not won or User.objects.exists():
            raise cls.AlreadyClaimed
