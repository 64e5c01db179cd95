"""Where log lines go: to standard error, and as JSON to a file in the data folder, which the job screens search."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.environment import env

FORMATS = ("text", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def logging_settings(file: Path) -> dict:
    """Django's LOGGING. Raises ImproperlyConfigured where a variable has a value that is none of its own."""
    program = env("LOG_PREFIX", default="")
    keep = env.int("LOG_KEEP", default=50)  # MiB
    form = _choice("LOG_FORMAT", env("LOG_FORMAT", default="text"), FORMATS)
    level = _choice("LOG_LEVEL", env("LOG_LEVEL", default="INFO"), LEVELS)
    # Of the handlers, too: some loggers, such as Django's, have a level of their own.
    handlers = {"stderr": {"class": "logging.StreamHandler", "formatter": form, "level": level}}
    if keep > 0:
        handlers["file"] = {
            "class": "jobs.log.SharedFileHandler",
            "formatter": "json",
            "level": level,
            "filename": str(file),
            "size": keep * 1024 * 1024,
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "jobs.log.LineFormatter", "program": program},
            "json": {"()": "jobs.log.JSONFormatter", "program": program},
        },
        "handlers": handlers,
        "root": {"handlers": list(handlers), "level": level},
        "loggers": {
            "django.server": {"handlers": [], "propagate": True},
            "huey": {"level": _choice("HUEY_LOG_LEVEL", env("HUEY_LOG_LEVEL", default="WARNING"), LEVELS)},
        },
    }


def _choice(name, value, choices):
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}, but must be one of {', '.join(choices)}.")
    return value
