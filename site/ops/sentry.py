"""Errors told to a Sentry, where SENTRY_DSN names one: each log line of level ERROR, with its traceback and its ids.

Only what stands in the log leaves, and as clean: no request, header, cookie or body, and no variable of a traceback.
So Sentry's integrations with Django and Huey stay out: the former sends requests, the latter changes the messages of
the queue; and both would tell what the log tells already.
"""

import logging
import os

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration, ignore_logger

from config.release import RELEASE
from jobs import log

#: Seconds that a process which ends waits for what is not sent yet.
PATIENCE = 2


def start(dsn: str):
    """Tell the Sentry at `dsn` of all errors of this process and of those that it forks.

    Raises sentry_sdk.utils.BadDsn (a ValueError).
    """
    # Anybody can cause this one, by asking for a host of their own invention.
    ignore_logger("django.security.DisallowedHost")
    _connect(dsn)
    # A connection must not be used on both sides of a fork.
    os.register_at_fork(after_in_child=lambda: _connect(dsn))


def _connect(dsn):
    sentry_sdk.init(
        dsn,
        release=f"roost@{RELEASE}",
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            ExcepthookIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),
        ],
        before_send=prepare,
        shutdown_timeout=PATIENCE,
        max_breadcrumbs=0,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        send_client_reports=False,
    )


def prepare(event: dict, hint: dict) -> dict:
    """The event as it may leave: with the ids of its log line, and without what that leaves out."""
    record = hint.get("log_record")
    if record is not None:
        context = log.of_record(record)
        # Sentry groups by the message without its arguments; those may hold a secret that only the whole shows.
        event["logentry"] = {"message": log.clean(str(record.msg)), "formatted": log.clean(record.getMessage())}
    else:
        context = log.of_error(hint["exc_info"][1]) or log.current()
    tags = {name: str(value) for name, value in context._asdict().items() if value and name != "user"}
    event["tags"] = {**event.get("tags", {}), **tags}
    if context.user:
        event["user"] = {"id": str(context.user)}
    for error in event.get("exception", {}).get("values", []):
        error["value"] = "\n".join(log.clean(line) for line in (error.get("value") or "").split("\n"))
    event.pop("extra", None)  # what else hangs on a log record, Django's request above all
    return event
