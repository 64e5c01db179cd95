"""All settings, read from the environment; the README documents every variable and a test holds the two together."""

from pathlib import Path
from urllib.parse import urlsplit

from config import brokers, sqlite  # noqa: F401  (first: they choose what everything imported after them uses)
from config.environment import email_settings, env, secret_key
from config.headers import REFERRER_POLICY
from config.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / "data"))).absolute()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or secret_key(DATA_DIR / "secret_key")

# ---- where people find us

PORT = env.int("PORT", default=8000)
PUBLIC_URL = env("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = list(
    {_public.hostname or "localhost", "localhost", "127.0.0.1", "[::1]", *env.list("ALLOWED_HOSTS", default=[])}
)
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

# One switch for everything that only makes sense over HTTPS: the address that people use.
_https = _public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = REFERRER_POLICY
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "ops.views.csrf_failure"

# How many reverse proxies stand in front of us: only their X-Forwarded-* headers are believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# ---- the parts

INSTALLED_APPS = [
    "exports",
    "exports.imports",
    "articles",
    "orgs",
    "accounts",
    "mail",
    "realtime",
    "jobs",
    "ops",
    "django_htmx",
    "allauth",
    "allauth.account",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "config.headers.HeadersMiddleware",
    "jobs.log.RequestIdMiddleware",
    "ops.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.UserLogMiddleware",
    "accounts.middleware.PrivateMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.LeadOnMiddleware",
    "accounts.middleware.SignedOutMiddleware",
    "accounts.middleware.FirstRunMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

# Forms are drawn by templates/django/forms/: one look and the right aria attributes for all of them.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "site" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.theme",
                "orgs.context_processors.organizations",
            ],
        },
    },
]

#: Processes that answer requests, and threads of each: every thread keeps a database connection.
WEB_WORKERS = env.int("WEB_WORKERS", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=4)

# ---- data

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'roost.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,  # seconds to wait for another writer
        "transaction_mode": "IMMEDIATE",  # a transaction that will write waits at its start, where waiting works
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; "
            "PRAGMA journal_size_limit=67108864"
        ),
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a server's restart must not cost each thread a request
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_ALLOW_ALL_ORIGINS = False  # they are for our pages only
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}
STATICFILES_DIRS = [BASE_DIR / "site" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
#: Bytes of a body that anybody may send: it stands in memory until it is here, a form of 2 MB may take Python seconds
#: to read, and a thousand may be begun at once. Who is signed in may send the second number (LARGE_REQUESTS).
BODY_LIMIT = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Where files that are sent stand until somebody has looked at them: /tmp may be memory, and another disk.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
#: Takes a request (its WSGI environment) that is larger than BODY_LIMIT, and gives its own limit, in bytes.
LARGE_REQUESTS = "exports.imports.large_requests.limit"
#: What a file of tasks may hold: bytes, unpacked, and rows.
IMPORT_MAX_SIZE = env.int("IMPORT_MAX_MB", default=50) * 1024 * 1024
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=100_000)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# Shared by the web workers, so that a rate limit counts every attempt. A full cache drops entries that are still
# needed, and with Django's default of 300 an attacker could fill it to make his own attempts forgotten.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# ---- background work

#: Empty for the built-in SQLite queues; redis://… or postgres://… for a server.
QUEUE_URL = env("QUEUE_URL", default="")
EMAIL_WORKERS = env.int("EMAIL_WORKERS", default=4)
EXPORT_WORKERS = env.int("EXPORT_WORKERS", default=2)
#: How long jobs that have ended and their attempts are kept (see jobs.history).
KEEP_HISTORY_DAYS = env.int("KEEP_HISTORY_DAYS", default=90)

#: Takes the ids of users and gives, by id, those of the organizations whose events they may hear.
EVENTS_ORGANIZATIONS_OF = "orgs.live.organizations_of"

#: What the home page consists of, in this order (orgs/home.py says what a section is).
HOME_SECTIONS = ["orgs.home.tasks_due", "exports.home.my_exports", "articles.home.latest_articles"]

# ---- people

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"  # whose rows know their person and their device
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
OPEN_REGISTRATION = env.bool("OPEN_REGISTRATION", default=False)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 4 * 3600
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # only in the browser that signed up
ACCOUNT_CHANGE_EMAIL = True  # a person has one address; a new one counts once it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # the owner of an account is told when its password or address changes
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # changing the address asks for the password once more
# Whoever asks need not be whoever gets the mails: five are enough to find one, and too few to bother somebody with.
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,5/h/key"}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

# ---- mail: what Django and its apps send goes to the outbox, and from there through EMAIL_TRANSPORT

EMAIL_BACKEND = "mail.backends.OutboxBackend"
vars().update(email_settings(env("EMAIL_URL", default="consolemail://" if DEBUG else "")))
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=20)  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("EMAIL_FROM", default=f"Roost <roost@{_public.hostname or 'localhost'}>")

# ---- alerts to whoever operates this installation

#: Where they are posted as JSON, beside e-mails; it may hold a secret. Empty for nowhere.
ALERT_WEBHOOK_URL = env("ALERT_WEBHOOK_URL", default="")
ALERT_WEBHOOK_SECRET = env("ALERT_WEBHOOK_SECRET", default="")
ALERT_FAILURES_PER_HOUR = env.int("ALERT_FAILURES_PER_HOUR", default=10)
ALERT_REPEAT_HOURS = env.float("ALERT_REPEAT_HOURS", default=6)

# ---- language, time, logs

#: One for the whole installation: its pages, and the e-mails and the words of jobs, which no browser asks for.
LANGUAGE_CODE = env("LANGUAGE_CODE", default="en")
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "site" / "locale"]
USE_TZ = True
TIME_ZONE = env("TIME_ZONE", default="UTC")

LOG_FILE = DATA_DIR / "logs" / "roost.jsonl"
LOGGING = logging_settings(LOG_FILE)

# ---- who watches over it

#: Lets programs read /metrics, and all that /health says.
OPS_TOKEN = env("OPS_TOKEN", default="")
SENTRY_DSN = env("SENTRY_DSN", default="")
SILENCED_SYSTEM_CHECKS = []
